// Hearing a moment: from a clip in the page, or from the recording beside it.
const sound = (() => {
  const audio = $("sound");
  if (!audio) return { heard: () => false, play() {}, onMoment() {} };
  const [player, toggle, fault] = [$("player"), $("player-toggle"), $("player-fault")];
  let [base, until, button, wanted] = [0, 0, null, null];
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
    toggle.textContent = playing ? "Pause" : "Play";
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
    audio.currentTime = Math.max(0, wanted - base);
    wanted = null;
    tell();
    audio.play().catch(failed);
  };
  const failed = () => {
    if (!audio.error) return;
    fault.textContent = data.recording === null ? "This browser cannot play the clip." :
      `The recording is not beside this page, where it should be: ${decodeURI(data.recording)}`;
    show();
  };
  const play = (from, to, by = null) => {
    const clip = data.recording === null ? clipFor(from, to) : [0, data.seconds, data.recording];
    if (!clip) return;
    if (by && by === button && !audio.paused) { audio.pause(); return; }
    mark(by);
    fault.textContent = "";
    player.hidden = false;
    [base, until, wanted] = [clip[0], Math.min(Math.max(to, from + 1) + 0.4, clip[1]), from];
    if (audio.getAttribute("src") !== clip[2]) {
      audio.src = clip[2];
      audio.load();
    } else if (audio.readyState > 0) start();
  };

  audio.addEventListener("loadedmetadata", () => { if (wanted !== null) start(); });
  audio.addEventListener("error", failed);
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, show);
  audio.addEventListener("timeupdate", () => {
    if (wanted !== null) return;
    if (now() >= until && !audio.paused) audio.pause();
    tell();
  });
  toggle.addEventListener("click", () => {
    if (!audio.paused) audio.pause();
    else {
      if (now() >= until - 0.1) until = base + (audio.duration || 0);
      audio.play().catch(failed);
    }
  });
  $("player-back").addEventListener("click", () => { audio.currentTime = Math.max(0, audio.currentTime - 5); });
  const close = () => {
    audio.pause();
    const back = button;
    mark(null);
    player.hidden = true;
    if (back && player.contains(document.activeElement)) back.focus();
  };
  $("player-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !player.hidden) close(); });
  document.addEventListener("click", (event) => {
    const by = event.target.closest(".play[data-from]");
    if (by) play(Number(by.dataset.from), Number(by.dataset.to), by);
  });
  return { heard, play, onMoment: (listener) => listeners.push(listener) };
})();
