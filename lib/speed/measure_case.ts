import { Rng } from "../core/rng.ts";
import { environments } from "../envs/registry.ts";
import { namedGraphSize } from "../envs/chemical/named_graphs.ts";
import { buildExperiment, type ExperimentParts } from "../experiment/experiment_parts.ts";
import { type RunSpec, runSpecSchema } from "../experiment/run_spec.ts";
import { methods } from "../model/registry.ts";
import {
  gemmWork,
  isQueued,
  type SystemBlas,
  timeGemm,
  timeKernels,
  useSystemBlas,
  withSystemBlas,
} from "../tensor/mod.ts";
import type { Plan } from "../planning/planner.ts";
import type { PerfNumber } from "../records/perf_records.ts";
import { plainEnvironment } from "./plain_environment.ts";

/** What to measure. */
export interface CaseSize {
  readonly method: string;
  /** N. */
  readonly variables: number;
  /** K; 0 for the method's own. */
  readonly codes: number;
  /** B. */
  readonly batch: number;
  /** Loops of training, a plan and an update each, before the measurement. */
  readonly trained: number;
}

/** How to measure it. */
export interface MeasureOptions {
  readonly blas: SystemBlas | null;
  /** Whether methods' accelerations are used. */
  readonly fast: boolean;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Loops measured; medians count. */
  readonly rounds: number;
  /** No further round begins after this time, ms. */
  readonly limitMs: number;
  /** Best speed of a matrix product in this process, GFLOP/s; null where it was not measured. */
  readonly peakGflops: number | null;
  /** Told now and then while a model is trained before its measurement. */
  onTrained?(done: number): void;
}

/** Updates between two reads of the losses in a run. */
const UPDATES_A_READ = 100;

const COLORS = 5;

function specOf({ method, variables, codes, batch }: CaseSize, { fast }: { readonly fast: boolean }): RunSpec {
  const isChemical = variables <= namedGraphSize.largest;
  return runSpecSchema.parse({
    suite: "perf",
    environment: { id: isChemical ? "chemical" : plainEnvironment.id, variables, colors: COLORS },
    method: { id: method, ...(codes > 0 ? { codes } : {}) },
    // Some hundred transitions must do for large batches.
    training: { batchSize: batch, maxWindowUses: 1_000_000, validationShare: 0.1 },
    ...(fast ? {} : { fast }),
    seed: 1,
  });
}

/**
 * Measures loops of training: one planned action in each of 10 environments and one update, as a run makes them, after
 * one that warms up.
 *
 * @returns Numbers as lib/records/perf_records.ts has them: medians, ms.
 */
export async function measureCase(size: CaseSize, options: MeasureOptions): Promise<readonly PerfNumber[]> {
  const spec = specOf(size, options);
  const parts = await buildExperiment(spec, { environments: [...environments, plainEnvironment], methods });
  useSystemBlas(options.blas);
  try {
    // Two episodes of each environment, so that some stay for training.
    for (let i = 0; i < 2 * parts.environment.spec.episodeLength; i++) parts.collector.actRandomly();
    await train(parts, { ...options, updates: size.trained });
    const rounds: Round[] = [];
    const startMs = options.clock();
    for (let i = -1; i < options.rounds; i++) {
      const round = await measureRound(parts, { ...options, batch: size.batch });
      if (i >= 0) rounds.push(round);
      if (rounds.length > 0 && options.clock() - startMs > options.limitMs) break;
    }
    return [
      ...numbersOf(rounds, options),
      ...await productNumbers(parts, options),
      ...await kernelNumbers(parts),
    ];
  } finally {
    useSystemBlas(null);
    parts.dispose();
  }
}

/** Time between two words of {@link train}, ms. */
const WORD_EVERY_MS = 10_000;

async function train(
  { collector, trainer, chooseInTraining }: ExperimentParts,
  { clock, updates, onTrained }: MeasureOptions & { readonly updates: number },
): Promise<void> {
  let wordMs = clock();
  for (let update = 1; update <= updates; update++) {
    collector.actByPlan(chooseInTraining);
    withSystemBlas(() => trainer.update());
    if (update % UPDATES_A_READ === 0 || update === updates) await trainer.readLosses();
    if (clock() - wordMs < WORD_EVERY_MS) continue;
    wordMs = clock();
    onTrained?.(update);
  }
}

interface Round {
  readonly planMs: number;
  readonly envMs: number;
  readonly sampleMs: number;
  readonly updateMs: number;
  readonly readMs: number;
  readonly hitRate: number;
  /** Null for a model that keeps no variables' predictions. */
  readonly variableHitRate: number | null;
  readonly multiplyAdds: number;
}

const sampling = new Rng(7);

async function measureRound(
  { collector, trainer, buffer, chooseInTraining }: ExperimentParts,
  { clock, batch }: MeasureOptions & { readonly batch: number },
): Promise<Round> {
  let planMs = 0;
  const actMs = clock();
  const plan: Plan = collector.actByPlan((...args) => {
    const startMs = clock();
    try {
      return chooseInTraining(...args);
    } finally {
      planMs = clock() - startMs;
    }
  });
  const envMs = clock() - actMs - planMs;
  const sampleAt = clock();
  buffer.sampleWindows(sampling, batch);
  const updateAt = clock();
  const before = gemmWork().multiplyAdds;
  withSystemBlas(() => trainer.update());
  const readAt = clock();
  const { multiplyAdds } = gemmWork();
  await trainer.readLosses();
  return {
    planMs,
    envMs,
    sampleMs: updateAt - sampleAt,
    updateMs: readAt - updateAt,
    readMs: clock() - readAt,
    hitRate: 1 - plan.predictedPairs / plan.pairs,
    variableHitRate: plan.variables ? 1 - plan.predictedVariables! / plan.variables : null,
    multiplyAdds: multiplyAdds - before,
  };
}

function numbersOf(rounds: readonly Round[], { peakGflops }: MeasureOptions): PerfNumber[] {
  const of = (name: Exclude<keyof Round, "variableHitRate">) => median(rounds.map((round) => round[name]));
  const variableHitRates = rounds.flatMap(({ variableHitRate }) => variableHitRate ?? []);
  // Where operations only queue up (webgpu), reading waits for them: it is part of the update then.
  const updateMs = of("updateMs") + (isQueued() ? of("readMs") : 0);
  const readMs = isQueued() ? 0 : of("readMs") / UPDATES_A_READ;
  const loopMs = of("planMs") + of("envMs") + updateMs + readMs;
  const gflop = 2 * of("multiplyAdds") / 1e9;
  const gflops = gflop > 0 ? gflop / (updateMs / 1000) : null;
  return [
    ...wholeNumbers({
      rounds: rounds.length,
      update_ms: updateMs,
      plan_ms: of("planMs"),
      loop_ms: loopMs,
      updates_per_s: 1000 / updateMs,
      plans_per_s: 1000 / of("planMs"),
      loops_per_s: 1000 / loopMs,
      plan_hit_rate: of("hitRate"),
      plan_variable_hit_rate: variableHitRates.length > 0 ? median(variableHitRates) : null,
      update_gflop: gflop > 0 ? gflop : null,
      update_gflops: gflops,
      peak_share: gflops !== null && peakGflops !== null ? gflops / peakGflops : null,
    }),
    ...partNumbers("part_ms", {
      plan: of("planMs"),
      environment: of("envMs"),
      sample: of("sampleMs"),
      update: Math.max(updateMs - of("sampleMs"), 0),
      read: readMs,
    }),
  ];
}

/** A product of this many multiply-adds is large: no smaller one comes near the machine's peak. */
const LARGE_PRODUCT = 1e6;

/** Speed of the large products inside some more updates; nothing where products are not the own kernels' doing. */
async function productNumbers(
  { trainer }: ExperimentParts,
  { clock, rounds, peakGflops }: MeasureOptions,
): Promise<PerfNumber[]> {
  const updates = Math.min(rounds, 3);
  const times = timeGemm(() => {
    for (let update = 0; update < updates; update++) withSystemBlas(() => trainer.update());
  }, clock);
  await trainer.readLosses();
  const large = times.filter(({ multiplyAdds }) => multiplyAdds >= LARGE_PRODUCT);
  if (large.length === 0) return [];
  const ms = large.reduce((sum, product) => sum + product.ms, 0);
  const gflop = 2 * large.reduce((sum, product) => sum + product.multiplyAdds, 0) / 1e9;
  const gflops = gflop / (ms / 1000);
  return wholeNumbers({
    products: times.length / updates,
    products_ms: times.reduce((sum, product) => sum + product.ms, 0) / updates,
    large_products: large.length / updates,
    large_products_ms: ms / updates,
    large_products_gflops: gflops,
    large_products_peak_share: peakGflops === null ? null : gflops / peakGflops,
  });
}

/** Time of one more update by kernel, as TensorFlow.js profiles it; only where a kernel ends when it returns. */
async function kernelNumbers({ trainer }: ExperimentParts): Promise<PerfNumber[]> {
  if (isQueued()) return [];
  const times = await timeKernels(() => withSystemBlas(() => void trainer.update()));
  await trainer.readLosses();
  return [...times].flatMap(([qualifier, { ms, calls }]) => [
    { name: "kernel_ms", qualifier, value: ms },
    { name: "kernel_calls", qualifier, value: calls },
  ]);
}

function wholeNumbers(values: Readonly<Record<string, number | null>>): PerfNumber[] {
  return Object.entries(values).map(([name, value]) => ({ name, qualifier: "", value }));
}

function partNumbers(name: string, values: Readonly<Record<string, number | null>>): PerfNumber[] {
  return Object.entries(values).map(([qualifier, value]) => ({ name, qualifier, value }));
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
