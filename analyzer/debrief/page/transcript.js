// Searching the transcript: lines without a match disappear as one types, matches are marked and can be walked through.
(() => {
  const form = $("search");
  if (!form) return;
  const [find, who, found] = [$("find"), $("find-who"), $("found")];
  let [marks, current, marked] = [[], -1, []];

  const pattern = (text) => {
    const asked = text.trim().split(/\s+/u).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return asked[0] ? new RegExp(asked.join("\\s+"), "giu") : null;
  };
  const unmark = () => {
    for (const line of marked) line.body.textContent = line.text;
    [marks, current, marked] = [[], -1, []];
  };
  const markLine = (line, matches) => {
    const parts = document.createDocumentFragment();
    let last = 0;
    for (const match of matches) {
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      parts.append(line.text.slice(last, match.index), mark);
      marks.push({ mark, line });
      last = match.index + match[0].length;
    }
    parts.append(line.text.slice(last));
    line.body.replaceChildren(parts);
    marked.push(line);
  };
  const search = () => {
    const asked = pattern(find.value);
    unmark();
    let shown = 0;
    for (const line of lines) {
      const matches = asked ? [...line.text.matchAll(asked)] : [];
      const visible = (!who.value || line.who === who.value) && (!asked || matches.length > 0);
      line.item.hidden = !visible;
      if (!visible) continue;
      shown += 1;
      if (matches.length) markLine(line, matches);
    }
    tell(shown);
  };
  const tell = (shown) => {
    const one = marks.length === 1;
    if (current >= 0) found.textContent = one ? _("{at} of {number} match", { at: 1, number: 1 }) : _("{at} of {number} matches", { at: current + 1, number: marks.length });
    else if (find.value.trim() && !marks.length) found.textContent = _("no match");
    else if (find.value.trim()) found.textContent = one ? _("1 match") : _("{number} matches", { number: marks.length });
    else if (who.value) found.textContent = shown === 1 ? _("1 line") : _("{number} lines", { number: shown });
    else found.textContent = "";
    $("find-next").disabled = $("find-before").disabled = !marks.length;
  };
  const step = (by, focus) => {
    if (!marks.length) return;
    if (current >= 0) marks[current].mark.classList.remove("current");
    current = current < 0 ? (by > 0 ? 0 : marks.length - 1) : (current + by + marks.length) % marks.length;
    const { mark, line } = marks[current];
    mark.classList.add("current");
    line.item.scrollIntoView({ block: "nearest", behavior: "auto" });
    if (focus) line.item.focus({ preventScroll: true });
    tell();
  };

  let waiting = 0;
  find.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(search);
  });
  who.addEventListener("change", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1, false);
    } else if (event.key === "Escape" && find.value) {
      event.stopPropagation();
      find.value = "";
      search();
    } else if (event.key === "ArrowDown" && marks.length) {
      event.preventDefault();
      step(1, true);
    }
  });
  $("find-next").addEventListener("click", () => step(1, false));
  $("find-before").addEventListener("click", () => step(-1, false));
  // Single letters only where they cannot surprise anybody: inside the list.
  $("lines").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !["n", "N"].includes(event.key)) return;
    event.preventDefault();
    step(event.key === "N" ? -1 : 1, true);
  });
  // A moment that a search has hidden is shown again when somebody goes to it.
  const reveal = () => {
    const line = lines.find((each) => `#${each.item.id}` === location.hash);
    if (!line) return;
    if (line.item.hidden) {
      find.value = who.value = "";
      search();
    }
    line.item.scrollIntoView({ block: "center", behavior: "auto" });
    line.item.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  search();
  reveal();
})();
