import { observationRows } from "../../core/observations.ts";
import type { Environment, EnvironmentSpec, Split } from "../../envs/environment.ts";
import type { SceneView } from "../../envs/scene_view.ts";
import type { TransitionFunction } from "../../planning/planner.ts";
import type { JsonArtifact, ReplayArtifact } from "../../records/artifacts.ts";
import type { PlayedStep } from "./test_episodes.ts";

/** One test episode as a page shows it. */
export type ReplayEpisode = ReplayArtifact["episodes"][number];

/**
 * Records test episodes of a split: the first one that starts in each context, so nothing is picked for its looks. The
 * predicted ways are the model's own rollout from what it saw first, with the actions that were taken.
 *
 * @param options.steps All steps of the split's test episodes, in order.
 * @returns None if the environment has no scene.
 */
export function replayEpisodes(
  environment: Environment,
  { split, steps, predict }: {
    readonly split: Split;
    readonly steps: readonly PlayedStep[];
    readonly predict: TransitionFunction;
  },
): ReplayEpisode[] {
  const { scene, spec } = environment;
  const first = steps[0];
  if (scene === undefined || first === undefined) return [];
  const contexts = environment.contexts({
    values: first.state.values,
    actions: first.actions,
    nextValues: first.result.state.values,
  });
  return spec.contextNames.flatMap((context, index) => {
    const episode = contexts.indexOf(index);
    return episode < 0 ? [] : [replayOf(steps, { spec, scene, split, context, episode, predict })];
  });
}

/** The artifact `replay`. */
export function replayArtifact({ scene }: Environment, episodes: readonly ReplayEpisode[]): JsonArtifact {
  return { name: "replay", content: { stepMs: scene!.stepMs, episodes } };
}

function replayOf(
  steps: readonly PlayedStep[],
  { spec, scene, split, context, episode, predict }: {
    readonly spec: EnvironmentSpec;
    readonly scene: SceneView;
    readonly split: Split;
    readonly context: string;
    readonly episode: number;
    readonly predict: TransitionFunction;
  },
): ReplayEpisode {
  const states = [steps[0]!.state, ...steps.map(({ result }) => result.state)];
  const count = spec.stateVariables.length;
  const truth = new Float32Array(states.length * count);
  states.forEach(({ values }, step) => truth.set(rowOf(values, { row: episode, width: count }), step * count));
  const predicted = scene.tracks(predictedValues(steps, { spec, episode, predict }));
  return {
    split: split.id,
    label: split.label,
    context,
    return: steps.reduce((sum, { result }) => sum + result.reward[episode]!, 0),
    success: steps.some(({ result }) => result.success[episode] === 1),
    ...scene.record(states, { episode }),
    tracks: scene.tracks(truth).map(({ points, ...track }, index) => ({
      ...track,
      true: points,
      predicted: predicted[index]!.points,
    })),
  };
}

/** The first state, then what the model makes of its own predictions, row-major [T + 1, N], while they are finite. */
function predictedValues(
  steps: readonly PlayedStep[],
  { spec, episode, predict }: {
    readonly spec: EnvironmentSpec;
    readonly episode: number;
    readonly predict: TransitionFunction;
  },
): Float32Array {
  const { stateVariables, actionVariables } = spec;
  const { state, observations } = steps[0]!;
  const rows = [rowOf(state.values, { row: episode, width: stateVariables.length })];
  let seen = observationRows(stateVariables, observations, { rows: [episode] });
  for (const { actions } of steps) {
    const next = predict(seen, rowOf(actions, { row: episode, width: actionVariables.length }));
    if (!next.every(Number.isFinite)) break;
    rows.push(next);
    seen = { values: next };
  }
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

function rowOf(values: Float32Array, { row, width }: { readonly row: number; readonly width: number }): Float32Array {
  return values.slice(row * width, (row + 1) * width);
}
