import type { ReplayBlock } from "../blocks.ts";

/** Speeds that a page offers, as shares of the episode's own. */
const speeds = [0.25, 0.5, 1, 2, 4] as const;

/**
 * A player of episodes. What is sent is a picture and its switch; a script puts the moving scene in its place where the
 * browser can draw one.
 *
 * @param options.address Where the files are: `<address>.json` and a picture an episode, `<address>/<index>.svg`.
 */
export function ReplayView({ block, address }: { block: ReplayBlock; address: string }) {
  return (
    <figure id={block.id} class="block wide replay" data-replay={address} data-version={block.version}>
      <figcaption>
        <h3>{block.title}</h3>
        <p class="caption">{block.caption}</p>
      </figcaption>
      <div class="replay-stage">
        <img
          src={`${address}/0.svg?v=${block.version}`}
          width="720"
          height="480"
          alt={`The end of the episode: ${block.episodes[0]}`}
        />
        <canvas hidden tabindex={0} role="img" aria-describedby={`${block.id}-keys`} />
        <ul class="replay-legend">
          <li>
            <svg viewBox="0 0 34 8" width="34" height="8" aria-hidden="true">
              <path class="way-true" d="M1 4H33" />
            </svg>
            true path
          </li>
          <li>
            <svg viewBox="0 0 34 8" width="34" height="8" aria-hidden="true">
              <path class="way-predicted" d="M1 4H33" />
            </svg>
            predicted path; pale: predicted now
          </li>
        </ul>
        <p class="replay-far" hidden />
      </div>
      <div class="replay-bar">
        <button type="button" class="replay-play" hidden>Play</button>
        <input
          class="replay-time"
          type="range"
          min="0"
          max="1"
          step="0.01"
          value="0"
          aria-label="Step of the episode"
          hidden
        />
        <output class="replay-step" hidden />
      </div>
      <div class="replay-bar">
        <label>
          Episode{" "}
          <select class="replay-episode">
            {block.episodes.map((name, index) => <option value={String(index)}>{name}</option>)}
          </select>
        </label>
        <label hidden>
          Speed{" "}
          <select class="replay-speed">
            {speeds.map((speed) => <option value={String(speed)} selected={speed === 1}>{speed}×</option>)}
          </select>
        </label>
        <button type="button" class="replay-view" hidden>Reset view</button>
        <output class="replay-off" hidden />
      </div>
      <p class="caption replay-note">
        The picture shows the end of the episode. Playing it needs scripts and WebGL.
      </p>
      <p class="caption" id={`${block.id}-keys`} hidden>
        Drag to turn, scroll or pinch to zoom. Keys on the picture: space plays, left and right go a step, Home and End
        to its ends, shift with arrows turns the view.
      </p>
    </figure>
  );
}
