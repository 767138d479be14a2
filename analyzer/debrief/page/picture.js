// The picture: a cursor with what happens at it, and zoom by making the plot wider than its frame.
(() => {
  const plot = $("plot");
  if (!plot) return;
  const [scroller, drawing, cursor, at, readout, here] =
    [$("scroller"), $("drawing"), $("cursor"), $("at"), $("readout"), $("play-here")];
  const lanes = [...drawing.querySelectorAll("path.turns")];
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const SVG = drawing.namespaceURI;
  const most = Math.max(1, Math.min(64, data.seconds / 15)); // at most, a frame shows 15 seconds
  let zoom = 1;

  const talking = (secs) => lanes
    .filter((lane) => lane.getAttribute("d") && lane.isPointInFill(new DOMPoint(secs * 10, 0.5)))
    .map((lane) => lane.dataset.who);
  const words = (secs) => {
    const speaking = talking(secs);
    const lead = data.lead.find(([start, end]) => start <= secs && secs < end);
    const parts = [_("no one speaks")];
    if (speaking.length === 1) parts[0] = _("{who} speaks", { who: speaking[0] });
    const and = _(" and ");
    if (speaking.length > 1) parts[0] = _("{names} speak", { names: speaking.join(and) });
    if (lead) parts.push(_("{who} has the lead", { who: lead[2] }));
    return parts.join("; ");
  };
  const setCursor = (secs, quietly = false) => {
    const place = `${(100 * secs / data.seconds).toFixed(3)}%`;
    cursor.setAttribute("x1", place);
    cursor.setAttribute("x2", place);
    cursor.setAttribute("visibility", "visible");
    if (!quietly || document.activeElement !== at) at.value = secs;
    const line = lineAt(secs);
    const said = line && secs < line.end + 0.5 ? line : undefined;
    at.setAttribute("aria-valuetext", `${clock(secs)}, ${words(secs)}`);
    const moment = document.createElement("b");
    moment.textContent = clock(secs);
    readout.replaceChildren(moment, ` ${words(secs)}. `);
    if (said) {
      const link = document.createElement("a");
      link.href = `#${said.item.id}`;
      link.dir = "auto";
      link.textContent = said.text;
      readout.append(`${said.name}: `, link);
    }
    if (here) {
      here.disabled = !sound.heard(secs);
      here.dataset.from = secs;
      here.dataset.to = secs + 20;
    }
  };
  sound.onMoment((secs) => {
    setCursor(secs, true);
    const x = plot.clientWidth * secs / data.seconds;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = x - scroller.clientWidth / 4;
    for (const said of document.querySelectorAll(".now-said")) said.classList.remove("now-said");
    const line = lineAt(secs);
    if (line && secs < line.end + 0.5) line.item.classList.add("now-said");
  });

  const drawTicks = (width = plot.clientWidth) => {
    const step = STEPS.find((each) => width * each / data.seconds >= (data.seconds > 3600 ? 78 : 64)) ?? STEPS.at(-1);
    const [grid, ticks] = [$("grid"), $("ticks")];
    const y = Number(ticks.dataset.y);
    const [texts, rules] = [[], []];
    for (let secs = 0; secs <= data.seconds; secs += step) {
      const x = `${(100 * secs / data.seconds).toFixed(3)}%`;
      const text = document.createElementNS(SVG, "text");
      const fromEnd = width * (1 - secs / data.seconds);
      text.setAttribute("x", x);
      text.setAttribute("y", y + 18);
      text.setAttribute("text-anchor", secs === 0 ? "start" : fromEnd < 20 ? "end" : "middle");
      text.textContent = clock(secs);
      texts.push(text);
      const rule = document.createElementNS(SVG, "line");
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", 0], ["y2", y]]) rule.setAttribute(name, value);
      rules.push(rule);
    }
    ticks.replaceChildren(...texts);
    grid.replaceChildren(...rules);
  };
  const zoomTo = (wanted, around = scroller.clientWidth / 2) => {
    const part = (scroller.scrollLeft + around) / plot.clientWidth;
    zoom = Math.max(1, Math.min(most, wanted));
    plot.style.width = `${100 * zoom}%`;
    drawing.classList.toggle("zoomed", zoom > 2.5);
    scroller.scrollLeft = part * plot.clientWidth - around;
    drawTicks();
    buttons();
  };
  const pan = (part) => {
    scroller.scrollBy({ left: part * scroller.clientWidth, behavior: calm.matches ? "auto" : "smooth" });
  };
  // Towards the cursor when it is in view, else towards the middle.
  const around = () => {
    const x = plot.clientWidth * Number(at.value) / data.seconds - scroller.scrollLeft;
    return cursor.getAttribute("visibility") === "visible" && x >= 0 && x <= scroller.clientWidth ? x : undefined;
  };
  const actions = {
    in: () => zoomTo(zoom * 1.6, around()), out: () => zoomTo(zoom / 1.6, around()),
    left: () => pan(-0.5), right: () => pan(0.5), whole: () => zoomTo(1),
  };
  const buttons = () => {
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.disabled = button.dataset.zoom === "in" ? zoom >= most : zoom <= 1;
    }
  };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      actions[button.dataset.zoom]();
      say(zoom > 1 ? _("The picture is {number} times as wide", { number: zoom.toLocaleString(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) }) : _("The picture shows the whole call"));
      if (button.disabled) document.querySelector("[data-zoom]:not(:disabled)")?.focus();
    });
  }
  scroller.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY / 200), event.clientX - scroller.getBoundingClientRect().left);
  }, { passive: false });
  $("figure").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { "+": "in", "=": "in", "-": "out", "0": "whole" }[event.key];
    if (action) {
      event.preventDefault();
      actions[action]();
    } else if (event.key === "Enter" && event.target === at && here && !here.disabled) here.click();
  });
  at.addEventListener("input", () => {
    setCursor(Number(at.value));
    const x = plot.clientWidth * Number(at.value) / data.seconds;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = x - scroller.clientWidth / 2;
  });
  drawing.addEventListener("click", (event) => {
    const listed = event.target.closest(".badge, .item")?.closest("[data-goes]");
    if (listed) {
      unfold($(listed.dataset.goes));
      $(listed.dataset.goes)?.scrollIntoView({ block: "center" });
      return;
    }
    const box = drawing.getBoundingClientRect();
    const secs = Math.max(0, Math.min(data.seconds, data.seconds * (event.clientX - box.left) / box.width));
    setCursor(secs);
    if (sound.heard(secs)) sound.play(secs, secs + 20, here);
  });
  // The same for a moment chosen anywhere else on the page.
  document.addEventListener("click", (event) => {
    const id = event.target.closest("a.at")?.hash.slice(1);
    const line = id && lines.find((each) => each.item.id === id);
    if (line) setCursor(line.start);
  });
  // `#t=95` in an address goes to that second of the call.
  const toMoment = () => {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!found) return;
    const secs = Math.min(Number(found[1]), data.seconds);
    $("picture").scrollIntoView({ behavior: "auto" });
    setCursor(secs);
    sound.ready(secs);
  };
  addEventListener("hashchange", toMoment);
  toMoment();
  addEventListener("beforeprint", () => { zoomTo(1); drawTicks(560); });
  addEventListener("afterprint", () => drawTicks());
  new ResizeObserver(() => drawTicks()).observe(scroller);
  buttons();
})();
