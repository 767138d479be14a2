// Hearing a moment: from a clip in the page, or from the recording beside it.
const sound = (() => {
  const audio = $("sound");
  if (!audio) return { heard: () => false, play() {}, ready() {}, onMoment() {} };
  const [player, toggle, fault, speed] = [$("player"), $("player-toggle"), $("player-fault"), $("player-speed")];
  let [base, until, button, wanted, queue, silent] = [0, 0, null, null, [], false];
  const listeners = [];

  // As the page was made: a clip that starts before the moment and still holds some of it, most of it if there are several.
  const clipFor = (from, to) => {
    let best;
    for (const clip of data.clips) {
      const holds = Math.min(clip[1], to) - from;
      if (clip[0] <= from + 0.01 && clip[1] - from >= 0.3 && (!best || holds > best.holds)) best = { clip, holds };
    }
    return best && best.clip;
  };
  const heard = (at) => (data.recording !== null ? at < data.seconds : clipFor(at, at + 10) !== undefined);
  const now = () => base + audio.currentTime;

  const mark = (next) => {
    if (button) button.classList.remove("playing");
    button = next;
  };
  const show = () => {
    const playing = !audio.paused;
    toggle.textContent = playing ? _("Pause") : _("Play");
    if (button) button.classList.toggle("playing", playing);
  };
  const tell = () => {
    const at = now();
    const line = lineAt(at);
    $("player-clock").textContent = clock(at);
    $("player-text").textContent = line && at < line.end + 2 ? line.name : "";
    $("player-line").hidden = !line;
    if (line) $("player-line").hash = `#${line.item.id}`;
    for (const listener of listeners) listener(at);
  };

  const start = () => {
    const at = Math.max(0, wanted - base);
    audio.currentTime = at;
    audio.playbackRate = Number(speed.value);
    tell();
    if (!silent) audio.play().catch(failed);
    // Firefox does not go where it does not know yet that it can: once there is something to play, it is told again.
    if (audio.readyState < 3 && Math.abs(audio.currentTime - at) > 0.05) return;
    [wanted, silent] = [null, false];
  };
  const failed = () => {
    if (!audio.error) { show(); return; }
    const deaf = /Sink/.test(audio.error.message); // Firefox plays on where no sound can come out
    fault.textContent = deaf ? _("No sound comes out of this machine: is a loudspeaker or headset connected?") : data.recording === null ? _("This browser cannot play the clip.") :
      _("The recording is not beside this page, where it should be: {file}", { file: decodeURI(data.recording) });
    show();
  };
  const go = (from, to, by = null) => {
    const clip = data.recording === null ? clipFor(from, to) : [0, data.seconds, data.recording];
    if (!clip) return;
    mark(by);
    fault.textContent = "";
    player.hidden = false;
    [base, until, wanted] = [clip[0], Math.min(Math.max(to, from + 1) + 0.4, clip[1]), from];
    if (audio.getAttribute("src") !== clip[2]) {
      audio.src = clip[2];
      audio.load();
    } else if (audio.readyState > 0) start();
  };

  const play = (from, to, by = null) => {
    queue = [];
    if (by && by === button && !audio.paused) audio.pause(); else go(from, to, by);
  };
  // One moment after the other, with the same button as the sign of all.
  const playAll = (moments, by) => {
    if (by === button && !audio.paused) { audio.pause(); return; }
    const [first, ...others] = moments;
    queue = others;
    go(first[0], first[1], by);
  };
  const next = () => {
    const following = queue.shift();
    if (following) go(following[0], following[1], button); else audio.pause();
  };
  const skip = (secs) => {
    audio.currentTime = Math.max(0, Math.min(audio.currentTime + secs, (audio.duration || 0) - 0.1));
    until = Math.max(until, Math.min(now() + 10, base + (audio.duration || 0)));
  };

  for (const event of ["loadedmetadata", "canplay"]) {
    audio.addEventListener(event, () => { if (wanted !== null) start(); });
  }
  audio.addEventListener("error", failed);
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, show);
  audio.addEventListener("ended", () => { if (wanted === null) next(); });
  audio.addEventListener("timeupdate", () => {
    if (wanted !== null) return;
    if (now() >= until && !audio.paused) next();
    if (wanted === null) tell();
  });
  const goOn = () => {
    if (!audio.paused) audio.pause();
    else {
      if (now() >= until - 0.1) until = base + (audio.duration || 0);
      audio.play().catch(failed);
    }
  };
  toggle.addEventListener("click", goOn);
  $("player-back").addEventListener("click", () => skip(-5));
  $("player-on").addEventListener("click", () => skip(5));
  // The speed stays: for every moment, and where the browser lets a file remember, for the next page.
  const remembered = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("analyzer-speed", value);
      return localStorage.getItem("analyzer-speed");
    } catch { return null; }
  };
  if ([...speed.options].some((option) => option.value === remembered())) speed.value = remembered();
  speed.addEventListener("change", () => {
    audio.playbackRate = Number(speed.value);
    remembered(speed.value);
  });
  const close = () => {
    audio.pause();
    const back = button;
    mark(null);
    player.hidden = true;
    queue = [];
    if (back && player.contains(document.activeElement)) back.focus();
  };
  $("player-close").addEventListener("click", close);
  // Keys, as long as the player is open: closing it gives them back. Never where somebody writes or chooses.
  document.addEventListener("keydown", (event) => {
    if (player.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { close(); return; }
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return; // these have their own use for it
    const action = { " ": goOn, k: goOn, j: () => skip(-5), l: () => skip(5) }[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-all]");
    if (all) playAll(JSON.parse(all.dataset.all), all);
    const by = event.target.closest(".play[data-from]");
    if (by) play(Number(by.dataset.from), Number(by.dataset.to), by);
  });
  // A moment to which an address leads, ready to be played: a browser plays nothing that no one has asked for.
  const ready = (secs) => {
    if (!heard(secs)) return;
    [silent, queue] = [true, []];
    go(secs, secs + 20);
  };
  return { heard, play, ready, onMoment: (listener) => listeners.push(listener) };
})();
