// Plays the episodes of a run's page. Without WebGL the page's pictures stay, and only the episode can be chosen.

import { curveAt, distance } from "./replay_motion.js";

/** Turn of the view a key press, rad. */
const keyTurn = 0.12;

async function load(address) {
  const response = await fetch(`${address}.json`);
  if (!response.ok) throw new Error(`no replay: ${response.status}`);
  return await response.text();
}

/** A scene on the canvas, or null where the browser cannot draw one. */
async function sceneOn(canvas) {
  // Asked on another canvas, so that no warning is written where there is none.
  const probe = document.createElement("canvas").getContext("webgl2");
  if (probe === null) return null;
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  try {
    const { createScene } = await import("./replay_scene.js");
    return createScene(canvas);
  } catch {
    return null;
  }
}

async function start(figure) {
  figure.dataset.state = "starting";
  const part = (name) => figure.querySelector(`.replay-${name}`);
  const [stage, canvas, image] = [part("stage"), figure.querySelector("canvas"), figure.querySelector("img")];
  const [play, time, step, off, far] = ["play", "time", "step", "off", "far"].map(part);
  const [episodes, speed, view, note] = ["episode", "speed", "view", "note"].map(part);
  const address = figure.dataset.replay;
  // A browser may keep what was chosen before a reload.
  episodes.selectedIndex = 0;
  const scene = await sceneOn(canvas);
  if (scene === null) {
    figure.dataset.state = "picture";
    note.textContent = "This browser has no WebGL, so the episode cannot be played; the picture shows its end, with " +
      "the ways so far as dots.";
    episodes.addEventListener("change", () => {
      image.src = `${address}/${episodes.value}.svg?v=${figure.dataset.version}`;
      image.alt = `The end of the episode: ${episodes.selectedOptions[0].textContent}`;
    });
    return;
  }
  let text = await load(address);
  let replay = JSON.parse(text);
  let episode = replay.episodes[0];
  let now = 0;
  let playing = null;
  let isDirty = false;

  const last = () => episode.frames.length - 1;

  function draw() {
    scene.draw(now);
    figure.dataset.step = now.toFixed(2);
    time.value = String(now);
    time.setAttribute("aria-valuetext", `step ${now.toFixed(1)} of ${last()}`);
    step.textContent = `step ${Math.floor(now + 1e-9)} of ${last()}`;
    off.textContent = "prediction off by: " +
      episode.tracks.map((track) => `${track.name} ${errorText(track)}`).join(", ");
  }

  function errorText(track) {
    if (now > track.predicted.length - 1) return "without bound";
    const away = 100 * distance(curveAt(track.true, now), curveAt(track.predicted, now));
    return away < 1000 ? `${away.toFixed(1)} cm` : `${(away / 100).toFixed(0)} m`;
  }

  function redraw() {
    if (isDirty || playing !== null) return;
    isDirty = true;
    requestAnimationFrame(() => {
      isDirty = false;
      draw();
    });
  }

  function setPlaying(isPlaying) {
    playing = isPlaying ? { atMs: performance.now() } : null;
    play.textContent = isPlaying ? "Pause" : "Play";
    figure.dataset.state = isPlaying ? "playing" : "ready";
    if (!isPlaying) return redraw();
    if (now >= last()) now = 0;
    requestAnimationFrame(advance);
  }

  function advance(atMs) {
    if (playing === null) return;
    const passedMs = Math.max(atMs - playing.atMs, 0);
    playing.atMs = atMs;
    now = Math.min(now + passedMs * Number(speed.value) / replay.stepMs, last());
    if (!figure.isConnected) playing = null;
    else if (now >= last()) setPlaying(false);
    else {
      draw();
      requestAnimationFrame(advance);
    }
  }

  function goTo(value) {
    if (playing !== null) setPlaying(false);
    now = Math.min(Math.max(value, 0), last());
    redraw();
  }

  function show(index) {
    episode = replay.episodes[index];
    now = Math.min(now, last());
    time.max = String(last());
    const { far: away } = scene.show(episode);
    far.hidden = away.length === 0;
    far.textContent = away.map((each) => `${each.name} ${each.away.toFixed(0)} m away, where the arrow points`).join(
      "; ",
    );
    canvas.setAttribute("aria-label", `Moving picture of an episode: ${episodes.options[index].textContent}`);
    redraw();
  }

  play.addEventListener("click", () => setPlaying(playing === null));
  time.addEventListener("input", () => goTo(Number(time.value)));
  view.addEventListener("click", () => {
    scene.resetView();
    redraw();
  });
  episodes.addEventListener("change", () => {
    now = 0;
    show(episodes.selectedIndex);
  });
  const keys = {
    " ": () => setPlaying(playing === null),
    ArrowLeft: () => goTo(Math.ceil(now - 1 - 1e-9)),
    ArrowRight: () => goTo(Math.floor(now + 1 + 1e-9)),
    Home: () => goTo(0),
    End: () => goTo(last()),
  };
  const turns = {
    ArrowLeft: [-keyTurn, 0],
    ArrowRight: [keyTurn, 0],
    ArrowUp: [0, -keyTurn],
    ArrowDown: [0, keyTurn],
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const turn = event.shiftKey ? turns[event.key] : undefined;
    if (!turn && !keys[event.key]) return;
    event.preventDefault();
    if (!turn) return keys[event.key]();
    scene.turn(...turn);
    redraw();
  });
  // The wheel zooms only where the picture has the focus; elsewhere it scrolls the page.
  canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }));
  canvas.addEventListener("focus", () => scene.controls.enableZoom = true);
  canvas.addEventListener("blur", () => scene.controls.enableZoom = false);
  scene.controls.addEventListener("change", redraw);
  new ResizeObserver(redraw).observe(canvas);

  // A run in progress: newer episodes take the place of those shown.
  addEventListener("refreshed", async () => {
    if (!figure.isConnected) return;
    try {
      const fresh = await load(address);
      if (fresh === text) return;
      const { episodes: found } = JSON.parse(fresh);
      // Other episodes than those that can be chosen: only a new page has their names.
      if (found.length !== replay.episodes.length) return;
      text = fresh;
      replay = JSON.parse(fresh);
      show(episodes.selectedIndex);
    } catch {
      // What is shown stays.
    }
  });

  image.hidden = note.hidden = true;
  canvas.hidden = false;
  for (const hidden of figure.querySelectorAll(".replay-bar [hidden], .replay-bar ~ [id$=-keys]")) {
    hidden.hidden = false;
  }
  stage.classList.add("moving");
  show(0);
  figure.dataset.state = "ready";
}

function startAll() {
  for (const figure of document.querySelectorAll("[data-replay]:not([data-state])")) {
    start(figure).catch(() => figure.dataset.state = "picture");
  }
}

addEventListener("refreshed", startAll);
startAll();
