"use strict";
/* Filters, sorts and shows the calls. Texts go in as text, never as markup. */
(() => {
  document.documentElement.classList.add("js");
  const STEP = 200;
  const byId = (id) => document.getElementById(id);
  // A text in the language of the page, with its values.
  const texts = JSON.parse(byId("texts").textContent);
  const _ = (text, values = {}) => (texts[text] ?? text).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  const WORDS = { yes: _("yes"), no: _("no"), too_close: _("too close"), not_judged: _("not judged") };
  const language = document.documentElement.lang;
  const day = (iso) => (language === "en" || !iso ? iso : new Date(`${iso}T00:00`).toLocaleDateString(language, { day: "2-digit", month: "2-digit", year: "numeric" }));
  const calls = JSON.parse(byId("data").textContent);
  for (const call of calls) {
    call.all = [call.n, call.s, call.o.join(" "), call.c, call.r, call.e].join("\n").toLocaleLowerCase();
  }
  const rows = byId("rows"), more = byId("more"), shown = byId("shown");
  const fields = { text: byId("f-text"), s: byId("f-s"), o: byId("f-o"), c: byId("f-c"), l: byId("f-l"), b: byId("f-b"), from: byId("f-from"), to: byId("f-to") };
  let order = { key: "d", down: true }, found = calls, count = 0;

  function options(select, values) {
    for (const value of [...new Set(values)].filter(Boolean).sort((a, b) => a.localeCompare(b))) {
      const option = document.createElement("option");
      option.value = option.textContent = value;
      select.append(option);
    }
  }
  options(fields.s, calls.map((call) => call.s));
  options(fields.o, calls.flatMap((call) => call.o));
  options(fields.c, calls.map((call) => call.c));

  function cell(row, text, kind) {
    const made = document.createElement("td");
    if (kind) made.className = kind;
    const inner = document.createElement("bdi");
    inner.textContent = text;
    made.append(inner);
    row.append(made);
    return made;
  }
  function line(call) {
    const row = document.createElement("tr");
    cell(row, day(call.d) || _("not known"), "date");
    const link = document.createElement("a");
    link.href = call.h;
    link.append(cell(row, call.n).firstChild);
    row.lastChild.append(link);
    const led = cell(row, "");
    led.firstChild.className = "answer " + call.l;
    led.firstChild.textContent = WORDS[call.l];
    if (call.r) {
      const reason = document.createElement("span");
      reason.className = "quiet";
      reason.textContent = " " + call.r;
      led.append(reason);
    }
    cell(row, call.t, "number");
    cell(row, call.s || _("not known"));
    cell(row, call.o.join(", ") || _("no one"));
    cell(row, call.c);
    cell(row, String(call.k), "number");
    cell(row, String(call.m), "number");
    cell(row, day(call.b) || _("to hold"), "date");
    return row;
  }
  function fill() {
    const part = document.createDocumentFragment();
    for (const call of found.slice(count, count + STEP)) part.append(line(call));
    rows.append(part);
    count = Math.min(count + STEP, found.length);
    more.hidden = count >= found.length;
    const [all, some] = [calls.length, found.length];
    more.textContent = _("Show more ({number})", { number: some - count });
    if (some < all) shown.textContent = _("{number_shown} of {number} calls", { number_shown: some, number: all });
    else shown.textContent = all === 1 ? _("1 call") : _("{number} calls", { number: all });
    if (count < some) shown.textContent += _(", the first {number} shown", { number: count });
  }
  function compare(a, b) {
    let x = a[order.key], y = b[order.key];
    if (Array.isArray(x)) { x = x.join(", "); y = y.join(", "); }
    const none = (value) => value === null || value === "";
    if (none(x) || none(y)) return none(x) - none(y);
    const way = typeof x === "number" ? x - y : String(x).localeCompare(String(y));
    return order.down ? -way : way;
  }
  function show() {
    const words = fields.text.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    found = calls.filter((call) =>
      words.every((word) => call.all.includes(word)) &&
      (!fields.s.value || call.s === fields.s.value) &&
      (!fields.o.value || call.o.includes(fields.o.value)) &&
      (!fields.c.value || call.c === fields.c.value) &&
      (!fields.l.value || call.l === fields.l.value) &&
      (!fields.b.value || (fields.b.value === "held") === Boolean(call.b)) &&
      (!fields.from.value || (call.d && call.d >= fields.from.value)) &&
      (!fields.to.value || (call.d && call.d <= fields.to.value)));
    found.sort(compare);
    rows.replaceChildren();
    count = 0;
    fill();
  }
  for (const head of document.querySelectorAll("#table th[data-key]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      order = { key, down: order.key === key ? !order.down : ["d", "k", "m", "p"].includes(key) };
      for (const other of document.querySelectorAll("#table th[data-key]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      show();
    });
  }
  // A name leads to the calls of whoever has it.
  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-who]")?.dataset.who;
    if (name === undefined) return;
    form.reset();
    const has = (select) => [...select.options].some((option) => option.value === name);
    const field = has(fields.s) ? fields.s : has(fields.o) ? fields.o : fields.text;
    field.value = name;
    setTimeout(show);
  });
  const form = byId("filters");
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", fill);
  addEventListener("beforeprint", () => { while (count < found.length) fill(); });
  show();
})();
