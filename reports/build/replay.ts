import { maxOf } from "../../lib/core/extremes.ts";
import type { ReplayArtifact } from "../../lib/records/artifacts.ts";
import type { Block, Cell, ReplayBlock, TableBlock } from "../blocks.ts";
import { contentHash } from "../render/content_hash.ts";

type Episode = ReplayArtifact["episodes"][number];

/** A run's replay: the episodes to play, and how far the model's prediction is off in each. */
export function buildReplay(replay: ReplayArtifact): readonly Block[] {
  const block: ReplayBlock = {
    kind: "replay",
    id: "replay-player",
    title: "Test episodes of the last evaluation",
    caption: "The first episode of each split that starts in a context. Solid: where things went. Dashed: where the " +
      "run's model, told only the first state and the actions, says they go.",
    episodes: replay.episodes.map(nameOf),
    version: contentHash(replay),
  };
  return [block, errorTable(replay)];
}

/** What tells an episode apart. */
function nameOf({ label, context }: Episode): string {
  return `${label}; ${context}`;
}

function errorTable({ episodes }: ReplayArtifact): TableBlock {
  const last = maxOf(episodes.map(({ frames }) => frames.length - 1));
  const steps = [...new Set([1, 5, 10, last])].filter((step) => step <= last);
  const names = episodes[0]!.tracks.map(({ name }) => name);
  return {
    kind: "table",
    id: "replay-errors",
    title: "How far these predictions are off",
    caption: "Distance in cm of the predicted from the true place after so many steps of the model's own predictions.",
    columns: [
      { label: "Episode" },
      { label: "Return", numeric: true },
      { label: "Success" },
      ...names.flatMap((name) =>
        steps.map((step) => ({
          label: `${step} ${step === 1 ? "step" : "steps"}`,
          group: `${name} off by`,
          numeric: true,
        }))
      ),
    ],
    rows: episodes.map((episode): readonly Cell[] => [
      { text: nameOf(episode) },
      { text: episode.return.toFixed(2), value: episode.return },
      { text: episode.success ? "yes" : "no" },
      ...episode.tracks.flatMap((track) => steps.map((step) => errorCell(track, step))),
    ]),
  };
}

function errorCell(track: Episode["tracks"][number], step: number): Cell {
  const [truth, predicted] = [track.true[step], track.predicted[step]];
  if (!truth || !predicted) return { text: "", value: null };
  const off = 100 * Math.hypot(...truth.map((value, k) => value - predicted[k]!));
  return { text: off < 1000 ? off.toFixed(2) : off.toExponential(1), value: off };
}
