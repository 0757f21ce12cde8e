import { metricOf } from "../metric_of.ts";
import { Rng } from "../../lib/core/rng.ts";
import type { Metric } from "../../lib/records/run_records.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { methods as methodRegistry } from "../../lib/model/registry.ts";
import type { NewRun, Store } from "../../lib/store/store.ts";
import { demoArtifacts } from "../demo/demo_artifacts.ts";

/** Size of a made-up suite. */
export interface LargeSuite {
  readonly suite: string;
  readonly environments: number;
  /** The registered methods, then variants of FCDL. */
  readonly methods: number;
  readonly seeds: number;
  /** Records of each series of a run. */
  readonly evaluations: number;
}

/** 1,000 runs with 158 series each: 158,000 final rows and, with 20 evaluations, 3.16 million records. */
export const largeSuite: LargeSuite = { suite: "large", environments: 10, methods: 10, seeds: 10, evaluations: 20 };

const splits = ["train", "n2", "n4", "n6"] as const;
const variables = Array.from({ length: 10 }, (_, index) => `x${index}`);
const startMs = Date.UTC(2026, 0, 15, 9);

/** Metrics of one split of an evaluation: 39, as runs on Chemical with a codebook have them. */
const metrics: readonly string[] = [
  ...["return", "success", "accuracy", "nll", "accuracy_t2", "accuracy_t3", "nll_t2", "nll_t3"],
  ...["accuracy", "nll"].flatMap((metric) => variables.map((variable) => `${metric}/${variable}`)),
  ...["shd", "edge_f1", "edge_auc"].flatMap((metric) => [`${metric}/global`, `${metric}/local`]),
  ...["context_f1/local", "edge_density", "perplexity", "dead_codes", "ami"],
];

/** Series that only training has. */
const trainingMetrics = ["episode_return", "loss"] as const;

/** Series of a run. */
export const seriesOfRun = splits.length * metrics.length + trainingMetrics.length;

/**
 * Fills a store with a suite of made-up results, all finished. The same size gives the same numbers.
 *
 * @param report Is told of each finished tenth.
 */
export async function fillLargeSuite(
  store: Store,
  size: LargeSuite,
  report: (done: number, runs: number) => void = () => {},
): Promise<void> {
  const runs = largeSuiteRuns(size);
  await store.addRuns(runs);
  const progress = { loop: 100, loops: 100, envSteps: 1000, updates: 100, updatesPerSecond: 41.5, remainingMs: 0 };
  for (const [index, run] of runs.entries()) {
    const nowMs = startMs + 1000 * index;
    const lease = { worker: "large", leaseMs: 1e9, nowMs };
    await store.claim(run.id, lease);
    await store.recordMetrics(run.id, largeSuiteMetrics(run, size), lease);
    if (run.method.startsWith("fcdl")) {
      const shape = { environmentOptions: { variables: 10, colors: 5, noisyNodes: [2, 4, 6] } };
      for (const { name, value } of demoArtifacts(new Rng(run.seed), shape)) {
        const bytes = new TextEncoder().encode(JSON.stringify(value));
        await store.putArtifact(run.id, { name, contentType: "application/json", bytes, ...lease });
      }
    }
    await store.heartbeat(run.id, { ...lease, elapsedMs: 9e5, progress });
    await store.finish(run.id, { worker: "large", status: "done", elapsedMs: 9e5, nowMs: nowMs + 1 });
    if ((index + 1) % Math.ceil(runs.length / 10) === 0) report(index + 1, runs.length);
  }
}

/** The runs of a large suite, seed by seed. */
export function largeSuiteRuns(size: LargeSuite): readonly NewRun[] {
  const times = (count: number) => Array.from({ length: count }, (_, index) => index);
  const named = methodRegistry.map(({ id }) => ({ id, name: id }));
  const methods = times(size.methods).map((index) => named[index] ?? { id: "fcdl", name: `fcdl-variant-${index}` });
  const known = ["chemical-fork", "chemical-chain"];
  return times(size.seeds).flatMap((seed) =>
    times(size.environments).flatMap((place) => {
      const environment = known[place] ?? `chemical-fork-${place}`;
      return methods.map(({ id, name }): NewRun => ({
        id: `${size.suite}-${environment}-${name}-${seed}`,
        suite: size.suite,
        environment,
        method: name,
        seed,
        spec: runSpecSchema.parse({ suite: size.suite, environment: { id: "chemical" }, method: { id }, seed }),
      }));
    })
  );
}

/** Records of one run: each series at every evaluation. */
export function largeSuiteMetrics(run: NewRun, { evaluations }: LargeSuite): readonly Metric[] {
  const rng = new Rng(run.seed).fork(run.id);
  const quality = 0.3 + 0.5 * rng.uniform();
  return Array.from({ length: evaluations }, (_, evaluation): Metric[] => {
    const loop = 100 * (evaluation + 1);
    const at = { envSteps: 10 * loop, updates: loop, elapsedMs: 90 * loop };
    const learned = quality * (1 - Math.exp(-3 * (evaluation + 1) / evaluations));
    const value = (metric: string) => {
      const share = Math.min(1, Math.max(0, learned + 0.05 * rng.normal()));
      return /return|shd|perplexity|dead/.test(metric) ? 20 * share : share;
    };
    return [
      ...splits.flatMap((split) =>
        metrics.map((metric) => ({ ...at, split, ...metricOf(metric), value: value(metric) }))
      ),
      ...trainingMetrics.map((metric) => ({ ...at, split: "train", ...metricOf(metric), value: value(metric) })),
    ];
  }).flat();
}
