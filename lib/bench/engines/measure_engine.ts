import { environments } from "../../envs/registry.ts";
import { buildExperiment, type ExperimentParts, type Registries } from "../../experiment/experiment_parts.ts";
import { type RunSpec, runSpecSchema } from "../../experiment/run_spec.ts";
import { methods } from "../../model/registry.ts";
import type { LoopTimes, TrialLosses } from "./engine_findings.ts";
import { isQueued, withSystemBlas } from "../../tensor/mod.ts";

/** What is asked of an engine: how fast it trains a run, or whether it computes the same as another. */
export interface MeasureOptions {
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Loops measured, at most; medians count. */
  readonly rounds: number;
  /** No further round begins after this time, ms. */
  readonly limitMs: number;
  /** Names of environments and methods; absent: all. */
  readonly registries?: Registries;
}

/** Loops that training needs before updates: two episodes, so that some stay for it. */
const EPISODES = 2;

/** Sizes of {@link trialLosses}: small enough for plain JavaScript. */
const trial = { batchSize: 8, updates: 2 } as const;

/**
 * Measures updates and plans of a run as it would train, after one loop that warms up; the engine is in use.
 *
 * @throws {RangeError} If the spec cannot be trained.
 */
export async function measureLoop(spec: RunSpec, options: MeasureOptions): Promise<LoopTimes> {
  const { clock, rounds, limitMs, registries } = options;
  return await withParts(spec, { registries }, async ({ collector, trainer, chooseInTraining }) => {
    const times: LoopTimes[] = [];
    const startMs = clock();
    for (let i = -1; i < rounds; i++) {
      const planAt = clock();
      collector.actByPlan(chooseInTraining);
      const updateAt = clock();
      withSystemBlas(() => trainer.update());
      // Where operations only queue up, reading waits for them.
      if (isQueued()) await trainer.readLosses();
      if (i >= 0) times.push({ planMs: updateAt - planAt, updateMs: clock() - updateAt });
      await trainer.readLosses();
      if (times.length > 0 && clock() - startMs > limitMs) break;
    }
    return { updateMs: middle(times.map((time) => time.updateMs)), planMs: middle(times.map((time) => time.planMs)) };
  });
}

/**
 * Losses of a run's first updates on a small batch: what an engine that computes rightly shares with the plain one, see
 * {@link differenceOf}.
 *
 * @returns For each update its losses by name.
 * @throws {RangeError} If a loss is not finite.
 */
export async function trialLosses(
  spec: RunSpec,
  { registries }: Pick<MeasureOptions, "registries"> = {},
): Promise<TrialLosses> {
  const small = { ...spec, training: { ...spec.training, batchSize: trial.batchSize } };
  return await withParts(small, { registries }, async ({ trainer }) => {
    const losses: Record<string, number>[] = [];
    for (let update = 0; update < trial.updates; update++) {
      trainer.update();
      await trainer.readLosses();
      losses.push(Object.fromEntries(trainer.takeLosses()));
    }
    return losses;
  });
}

async function withParts<Result>(
  spec: RunSpec,
  { registries = { environments, methods } }: { readonly registries: Registries | undefined },
  body: (parts: ExperimentParts) => Promise<Result>,
): Promise<Result> {
  // The few transitions of a moment must do.
  const training = { ...spec.training, maxWindowUses: 1_000_000 };
  const parts = await buildExperiment(runSpecSchema.parse({ ...spec, training }), registries);
  try {
    for (let i = 0; i < EPISODES * parts.environment.spec.episodeLength; i++) parts.collector.actRandomly();
    return await body(parts);
  } finally {
    parts.dispose();
  }
}

/** The median; of an even number the upper one. */
function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
