import { magneticConfig as config } from "../../lib/envs/magnetic/magnetic_config.ts";
import { anglesAt, placeArm } from "../../lib/envs/magnetic/resets.ts";
import { magneticScene } from "../../lib/envs/magnetic/scene.ts";
import { at, black, hiddenCount, red, stateCount } from "../../lib/envs/magnetic/variables.ts";
import type { Store } from "../../lib/store/store.ts";
import type { ReplayArtifact } from "../../lib/records/artifacts.ts";
import { putLate } from "./put_late.ts";

const steps = 25;

/**
 * An artifact `replay` of two made-up episodes of Magnetic, without an engine: a hand that goes to a ball, which moves
 * towards a red box; and a ball at rest with a black box 116 m away, for which the prediction runs away from step 20 on.
 */
export function demoReplay(): ReplayArtifact {
  const scene = magneticScene(config);
  const episodes = [
    { split: "train", label: "train", context: "magnetic", box: { color: red, x: 0.18, y: 0.25 }, drift: 0.003 },
    {
      split: "ood",
      label: "box off the table",
      context: "non-magnetic",
      box: { color: black, x: 61, y: -98.7 },
      drift: 0.25,
    },
  ];
  return {
    stepMs: scene.stepMs,
    episodes: episodes.map(({ split, label, context, box, drift }) => {
      const rows = Array.from({ length: steps + 1 }, (_, step) => stateAt(step / steps, box));
      const values = Float32Array.from(rows.flatMap((row) => [...row.values]));
      const believed = Float32Array.from(rows.flatMap((row, step) => {
        const shown = [...row.values];
        shown[at.ballX]! -= drift * step ** 2 / steps;
        shown[at.handY]! += 0.2 * drift * step;
        return shown;
      }));
      const predicted = scene.tracks(believed);
      const recording = scene.record(rows, { episode: 0 });
      return {
        split,
        label,
        context,
        return: context === "magnetic" ? 17.25 : 0.5,
        success: context === "magnetic",
        geoms: recording.geoms.map((geom) => ({ ...geom, size: [...geom.size], color: [...geom.color] })),
        frames: recording.frames.map((frame) => [...frame]),
        tracks: scene.tracks(values).map(({ points, ...track }, index) => ({
          ...track,
          true: points.map((point) => [...point]),
          predicted: predicted[index]!.points.slice(0, box.color === red ? undefined : 20).map((point) => [...point]),
        })),
      };
    }),
  };
}

/** Stores {@link demoReplay} as the replay of a run. */
export async function addDemoReplay(
  demo: { readonly store: Store; readonly path: string },
  runId: string,
): Promise<void> {
  await putLate(demo, { runId, name: "replay", text: JSON.stringify(demoReplay()) });
}

/** A state at a share of the episode. */
function stateAt(share: number, box: { readonly color: number; readonly x: number; readonly y: number }) {
  const [values, hidden] = [new Float32Array(stateCount), new Float32Array(hiddenCount)];
  const moved = box.color === red ? 0.8 * share : 0;
  const ball = { x: 0.05 + moved * (box.x - 0.05), y: -0.2 + moved * (box.y + 0.2) };
  values[at.ballColor] = red;
  values[at.boxColor] = box.color;
  values.set([ball.x, ball.y, box.x, box.y], at.ballX);
  const eased = Math.sin(0.5 * Math.PI * share);
  placeArm({ values, hidden }, {
    angles: anglesAt([eased * ball.x, eased * ball.y, 0.95 - 0.13 * eased], config),
    config,
  });
  return { values, goal: new Float32Array(0), hidden };
}
