"use strict";
// What every part of the page shares. Texts only ever become text nodes: there is no innerHTML in this script, and the
// page's policy (trusted types) would refuse it.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
document.documentElement.classList.add("js");

const clock = (secs) => {
  const whole = Math.floor(secs);
  const pad = (n) => String(n).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
};
// A text in the language of the page, with its values: `_("{count} lines", { count: 3 })`.
const texts = JSON.parse($("texts").textContent);
const _ = (text, values = {}) => (texts[text] ?? text).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
const say = (text) => { $("spoken").textContent = text; };

// The lines of the transcript, with their times.
const lines = [...document.querySelectorAll("#lines > li")].map((item) => ({
  item, start: Number(item.dataset.s), end: Number(item.dataset.e), who: item.dataset.who,
  name: item.querySelector(".name").textContent, body: item.querySelector("p"), text: item.querySelector("p").textContent,
}));
const lineAt = (secs) => {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].start <= secs + 0.05) low = middle + 1; else high = middle;
  }
  return low ? lines[low - 1] : undefined;
};

for (const button of document.querySelectorAll("[data-copy]")) {
  const named = button.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = _("Copied");
      say(_("Copied"));
      setTimeout(() => { button.textContent = named; }, 2000);
    } catch {
      const code = button.parentElement.querySelector("code");
      if (code) getSelection().selectAllChildren(code);
      button.textContent = code ? _("Selected") : _("Not copied");
      say(code ? _("Selected: copy it with the keyboard") : _("The browser does not let this page copy"));
    }
  });
}
// What is folded away opens when somebody goes to it.
const unfold = (element) => {
  for (let fold = element?.querySelector(":scope > details.fold") ?? element?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
const unfoldTarget = () => unfold(location.hash.length > 1 ? $(decodeURIComponent(location.hash.slice(1))) : null);
addEventListener("hashchange", unfoldTarget);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) unfold($(link.hash.slice(1)));
});
unfoldTarget();
$("print").addEventListener("click", () => print());
// What is folded on a screen and belongs on paper.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details.on-paper:not([open])")];
  for (const fold of unfolded) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of unfolded) fold.open = false; });

// The contents show where one is.
const inView = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](entry.target.id);
  const first = [...document.querySelectorAll("main section")].find((section) => inView.has(section.id));
  for (const link of document.querySelectorAll(".contents a")) {
    if (first && link.hash === `#${first.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-10% 0px -60% 0px" });
for (const section of document.querySelectorAll("main section")) watcher.observe(section);
