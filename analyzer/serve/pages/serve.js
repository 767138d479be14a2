"use strict";
// Hearing a stretch of the recording, and the transcript that follows it; recordings that are dropped in.
// Forms work without this script.
(() => {
  // A text in the language of the page, with its values.
  const texts = JSON.parse(document.getElementById("main")?.dataset.texts ?? "{}");
  const _ = (text, values = {}) => (texts[text] ?? text).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  const sound = document.getElementById("sound");
  const lines = [...document.querySelectorAll("#said-lines > li")];
  let [until, button, marked] = [Infinity, null, null];
  const mark = (next) => {
    if (button) button.classList.remove("playing");
    button = next;
    if (button) button.classList.add("playing");
  };
  const play = (from, to, by) => {
    if (by && by === button && !sound.paused) { sound.pause(); return; }
    mark(by);
    until = to;
    const start = () => { sound.currentTime = from; sound.play().catch(() => mark(null)); };
    if (sound.readyState > 0) start();
    else { sound.addEventListener("loadedmetadata", start, { once: true }); sound.load(); }
  };
  const follow = () => {
    if (sound.currentTime >= until) { sound.pause(); until = Infinity; }
    if (!lines.length) return;
    let [low, high] = [0, lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(lines[middle].dataset.s) <= sound.currentTime + 0.05) low = middle + 1; else high = middle;
    }
    const line = low ? lines[low - 1] : null;
    if (line === marked) return;
    if (marked) { marked.classList.remove("now-said"); marked.removeAttribute("aria-current"); }
    marked = line;
    if (!marked) return;
    marked.classList.add("now-said");
    marked.setAttribute("aria-current", "true");
    if (!sound.paused) marked.scrollIntoView({ block: "nearest" });
  };
  if (sound) {
    sound.addEventListener("timeupdate", follow);
    sound.addEventListener("seeked", follow);
    sound.addEventListener("pause", () => mark(null));
    for (const each of document.querySelectorAll(".play-part")) {
      each.addEventListener("click", () => play(Number(each.dataset.from), Number(each.dataset.to), each));
    }
    for (const line of lines) {
      line.querySelector(".time").addEventListener("click", (event) => play(Number(line.dataset.s), Infinity, event.currentTarget));
    }
    // A note is about what is heard now, until something is typed.
    const [note_at, note_text] = [document.getElementById("note-at"), document.getElementById("note-text")];
    const two = (number) => String(number).padStart(2, "0");
    if (note_at) sound.addEventListener("timeupdate", () => {
      const secs = Math.floor(sound.currentTime);
      if (!note_text.value && document.activeElement !== note_at) note_at.value = `${Math.floor(secs / 60)}:${two(secs % 60)}`;
    });
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select, button, a, audio") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === " ") { event.preventDefault(); if (sound.paused) { until = Infinity; sound.play(); } else sound.pause(); }
      if (event.key === "n" && note_text) { event.preventDefault(); note_text.focus(); }
      if (event.key === "j" || event.key === "l") sound.currentTime = Math.max(0, sound.currentTime + (event.key === "j" ? -5 : 5));
    });
    const at = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (at) sound.addEventListener("loadedmetadata", () => { sound.currentTime = Number(at[1]); }, { once: true });
  } else {
    for (const line of lines) line.querySelector(".time").disabled = true;
  }
  // A line that is somebody else's: the form above is filled in, and asks whose it is.
  const give = document.getElementById("give");
  if (give) {
    for (const line of lines) {
      const asks = line.querySelector(".give-line");
      if (!asks) continue;
      asks.addEventListener("click", () => {
        document.getElementById("give-who").value = line.dataset.who;
        document.getElementById("give-first").value = line.dataset.first;
        document.getElementById("give-last").value = line.dataset.last;
        give.scrollIntoView({ block: "nearest" });
        document.getElementById("give-to").focus();
      });
    }
  }
  // A recording that is dropped in: sent as it is, with how far it is beside its name.
  const drop = document.getElementById("drop");
  if (drop) {
    const choose = document.getElementById("drop-file");
    let [under_way, turn] = [0, Promise.resolve()];
    const headers = (file) => ({
      "Content-Type": "application/octet-stream", "X-Token": drop.dataset.token,
      "X-Name": encodeURIComponent(file.name.toWellFormed ? file.name.toWellFormed() : file.name),
    });
    // Why it would be refused: asked before, for once a browser sends it does not hear that any more.
    const refusal = async (file) => {
      try {
        const answer = await fetch("/dropped", { method: "POST", headers: { ...headers(file), "X-Ask": file.size } });
        return (await answer.json()).told;
      } catch { return _("The connection broke off. Send it again."); }
    };
    const sent = (file, bar, plan) => new Promise((done) => {
      const asks = new XMLHttpRequest();
      asks.open("POST", "/dropped");
      for (const [name, value] of Object.entries(headers(file))) asks.setRequestHeader(name, value);
      if (plan) asks.setRequestHeader("X-Plan", plan);
      asks.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
      asks.addEventListener("loadend", () => { try { done(JSON.parse(asks.responseText)); } catch { done({}); } });
      asks.send(file);
    });
    const send = async (file, row, says, alone) => {
      const plan = document.getElementById("drop-plan");
      const bar = row.appendChild(document.createElement("progress"));
      bar.max = 1;
      bar.setAttribute("aria-label", _("Sending {file}", { file: file.name }));
      says.textContent = _("It is being sent.");
      let told = await refusal(file);
      let answer = {};
      if (!told) {
        answer = await sent(file, bar, alone && plan ? plan.value : "");
        told = answer.told || (!answer.address && (await refusal(file) || _("The connection broke off. Send it again.")));
      }
      bar.remove();
      under_way -= 1;
      if (told) [says.className, says.textContent] = ["wrong", told];
      else if (alone) location.href = answer.address;
      else {
        says.textContent = _("It is here.");
        const link = row.appendChild(document.createElement("a"));
        link.href = answer.address;
        link.textContent = _("See how far it is");
      }
    };
    const send_all = (files) => {
      const alone = files.length === 1 && !under_way;
      for (const file of files) {
        const row = document.getElementById("sending").appendChild(document.createElement("li"));
        row.appendChild(document.createElement("bdi")).textContent = file.name;
        const says = row.appendChild(document.createElement("span"));
        under_way += 1;
        turn = turn.then(() => send(file, row, says, alone));
      }
    };
    choose.disabled = false;
    choose.addEventListener("change", () => { send_all([...choose.files]); choose.value = ""; });
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.toggle("over", kind === "dragover"); });
    }
    drop.addEventListener("drop", (event) => send_all([...event.dataTransfer.files]));
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
    addEventListener("beforeunload", (event) => { if (under_way) event.preventDefault(); });
  }
  // How far its analysis is.
  const analysis = document.getElementById("under-way");
  if (analysis) {
    const events = new EventSource(analysis.dataset.events);
    const part = document.getElementById("part");
    events.addEventListener("message", (event) => {
      const now = JSON.parse(event.data);
      document.getElementById("how-far").textContent = now.told;
      if (now.part === null) part.removeAttribute("value"); else part.value = now.part;
      if (now.state === "done" || now.state === "failed") { events.close(); location.reload(); }
    });
  }
  // What was begun and not sent is not lost by a slip.
  let typed = false;
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("input", () => { typed = true; });
    form.addEventListener("submit", () => { typed = false; });
  }
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
})();
