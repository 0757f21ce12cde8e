import { metricOf } from "../metric_of.ts";
import { Rng } from "../../lib/core/rng.ts";
import type { Metric, Provenance } from "../../lib/records/run_records.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import type { NewRun, Run, Store } from "../../lib/store/store.ts";
import { paperValue } from "../../reports/paper/results.ts";
import { demoArtifacts } from "./demo_artifacts.ts";

/** What a demo suite holds. */
export interface DemoOptions {
  readonly suite: string;
  readonly environment: string;
  /** Options of the environment in the run spec. */
  readonly environmentOptions: Readonly<Record<string, unknown>>;
  readonly methods: readonly { readonly id: string; readonly label?: string; readonly graph?: string }[];
  readonly seeds: number;
  readonly loops: number;
  /** Status by position in the list of runs; `done` where absent. */
  readonly statuses?: Readonly<Record<number, Run["status"]>>;
}

/** Full-size demo: the paper's nine methods on Chemical fork; made-up numbers near the paper's. */
export const demoPaperSuite: DemoOptions = {
  suite: "chemical-fork",
  environment: "chemical-fork",
  environmentOptions: { id: "chemical", rule: "fork", variables: 10, colors: 5, noisyNodes: [2, 4, 6] },
  methods: ["fcdl", "ncd", "oracle", "cdl", "grader", "mlp", "modular", "gnn", "nps"].map((id) => ({ id })),
  seeds: 8,
  loops: 15100,
  statuses: { 5: "failed", 70: "running", 71: "pending" },
};

/** Reduced demo: two methods, three seeds. */
export const demoQuickSuite: DemoOptions = {
  suite: "quick",
  environment: "chemical-fork-5x3",
  environmentOptions: { id: "chemical", rule: "fork", variables: 5, colors: 3, noisyNodes: [2] },
  methods: [{ id: "fcdl" }, { id: "mlp" }],
  seeds: 3,
  loops: 1500,
};

const startMs = Date.UTC(2026, 0, 15, 9, 0, 0);
const worker = "demo";

const provenance: Provenance = {
  codeVersion: "0.1.0 (demo data: numbers are made up)",
  versions: { deno: "2.9.6", v8: "14.0", tfjs: "4.22.0" },
  backend: "wasm",
  machine: { processor: "demo processor", cores: 2, memoryBytes: 8 * 1024 ** 3, os: "linux" },
};

/**
 * Fills a store with one suite of made-up results that look like real ones. The same options give the same numbers.
 *
 * @returns The runs' ids, in order.
 */
export async function fillDemoSuite(store: Store, options: DemoOptions): Promise<readonly string[]> {
  const runs = demoRuns(options);
  await store.addRuns(runs);
  for (const [index, run] of runs.entries()) {
    const status = options.statuses?.[index] ?? "done";
    if (status === "pending") continue;
    await store.claim(run.id, { worker, leaseMs: 1e12, nowMs: startMs });
    await store.recordOrigin(run.id, { worker, fromLoop: 0, provenance });
    const share = status === "done" ? 1 : 0.42;
    const loop = Math.floor(options.loops * share);
    await store.recordMetrics(run.id, demoMetrics(run, { ...options, share }), { worker });
    await store.heartbeat(run.id, {
      worker,
      leaseMs: 1e12,
      nowMs: startMs + 60_000 * index,
      elapsedMs: 1_500_000 * share,
      progress: {
        loop,
        loops: options.loops,
        envSteps: loop * 10,
        updates: loop,
        updatesPerSecond: 41.5,
        remainingMs: status === "done" ? 0 : 870_000,
      },
    });
    if (run.method.startsWith("fcdl") && status === "done") {
      for (const artifact of demoArtifacts(new Rng(run.seed), options)) {
        await store.putArtifact(run.id, {
          name: artifact.name,
          worker,
          contentType: "application/json",
          bytes: new TextEncoder().encode(JSON.stringify(artifact.value)),
          nowMs: startMs,
        });
      }
    }
    if (status === "running") continue;
    await store.finish(run.id, {
      worker,
      status,
      ...(status === "failed"
        ? { error: "Cannot go on with the run: the loss at update 6342 is not finite, expected a number, got NaN" }
        : {}),
      elapsedMs: 1_500_000 * share,
      nowMs: startMs + 60_000 * (index + 1),
    });
  }
  return runs.map((run) => run.id);
}

/** The runs of a demo suite, seed by seed. */
export function demoRuns(options: DemoOptions): readonly NewRun[] {
  return Array.from({ length: options.seeds }, (_, index) => index + 1).flatMap((seed) =>
    options.methods.map((method): NewRun => {
      const name = method.label ?? method.id;
      const spec = runSpecSchema.parse({
        suite: options.suite,
        environment: options.environmentOptions,
        method: { ...method },
        training: { loops: options.loops, ...(options.loops < 15100 ? { learningRate: 1e-3, randomLoops: 300 } : {}) },
        seed,
      });
      const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      return {
        id: `${options.suite}-${slug}-${seed}`,
        suite: options.suite,
        environment: options.environment,
        method: name,
        seed,
        spec,
      };
    })
  );
}

/** Metrics of all evaluations of a run up to `share` of its loops. */
export function demoMetrics(
  run: NewRun,
  options: DemoOptions & { readonly share: number },
): readonly Metric[] {
  const rng = new Rng(run.seed).fork(run.id);
  const evaluations = 16;
  const noisy = (options.environmentOptions.noisyNodes as readonly number[]).map((n) => `n${n}`);
  const splits = ["train", ...noisy];
  const isFine = run.method.startsWith("fcdl");
  const hasGraph = /^(fcdl|ncd|cdl|grader|oracle)/.test(run.method);
  const ends = splits.map((split) => ({ split, ...finalValues(run.method, { split, rng }) }));
  const metrics: Metric[] = [];
  for (let evaluation = 0; evaluation <= evaluations * options.share; evaluation++) {
    const loop = Math.round(options.loops * evaluation / evaluations);
    const at = { envSteps: 10 * (loop + 1000), updates: loop, elapsedMs: loop * 90 };
    const put = (split: string, metric: string, value: number | null) =>
      metrics.push({ ...at, split, ...metricOf(metric), value: value === null ? null : Number(value.toPrecision(6)) });
    const learned = 1 - Math.exp(-5 * evaluation / evaluations);
    for (const end of ends) {
      const reward = 5.5 + (end.return - 5.5) * learned + 0.35 * rng.normal();
      const accuracy = 0.2 + (end.accuracy - 0.2) * learned + 0.01 * rng.normal();
      put(end.split, "return", Math.max(0, reward));
      put(end.split, "success", Math.min(1, Math.max(0, (reward - 12) / 13)));
      put(end.split, "accuracy", Math.min(1, Math.max(0, accuracy)));
      put(end.split, "accuracy_t3", Math.min(1, Math.max(0, accuracy * 0.8)));
      put(end.split, "accuracy/x1", Math.min(1, Math.max(0, accuracy + 0.02)));
      put(end.split, "nll", 1.6 - 1.2 * accuracy);
      if (hasGraph) {
        for (const context of ["global", "local"]) {
          const wrong = context === "local" && !isFine ? 38 : 30 - 24 * learned;
          put(end.split, `shd/${context}`, wrong + 2 * Math.abs(rng.normal()));
          put(end.split, `edge_f1/${context}`, Math.min(1, 1 - wrong / 60 + 0.02 * rng.normal()));
          put(end.split, `edge_auc/${context}`, Math.min(1, 1 - wrong / 110 + 0.01 * rng.normal()));
        }
      }
      if (hasGraph) {
        for (const { metric, value } of demoLearnable(options, { isFine, learned })) put(end.split, metric, value);
      }
      if (isFine) {
        put(end.split, "perplexity", 1 + 4.2 * learned + 0.3 * rng.normal());
        put(end.split, "dead_codes", Math.round(14 - 8 * learned));
        if (end.split === "train") put(end.split, "ami", Math.min(1, 0.75 * learned + 0.03 * rng.normal()));
        put(end.split, end.split === "train" ? "code_information" : "code_agreement", 0.8 * learned);
      }
    }
    put("train", "episode_return", 6 + 12 * learned + rng.normal());
    if (evaluation > 0) {
      put("train", "loss", 1.7 - 1.1 * learned + 0.02 * rng.normal());
      put("train", "loss/prediction", 1.6 - 1.1 * learned + 0.02 * rng.normal());
      if (isFine) put("train", "loss/commitment", 0.1 * Math.exp(-learned) + 0.002 * rng.normal());
      put("train", "cost/updates_per_second", 42 + rng.normal());
    }
  }
  return metrics;
}

/** Scores of learnable edges: all are found, and what a sharp method has too many in the local context falls. */
function demoLearnable(
  options: DemoOptions,
  { isFine, learned }: { readonly isFine: boolean; readonly learned: number },
): readonly { readonly metric: string; readonly value: number }[] {
  const count = Number(options.environmentOptions.variables);
  const entries = count * (count - 1) / 2;
  const extra = (entries - count + 1) * (isFine ? 1 - 0.8 * learned : 1);
  const scores = (qualifier: string, { wrong, truth }: { readonly wrong: number; readonly truth: number }) => [
    { metric: `learnable_shd${qualifier}`, value: wrong },
    { metric: `learnable_true_density${qualifier}`, value: truth },
    { metric: `learnable_density${qualifier}`, value: truth + wrong / entries },
  ];
  const local = { wrong: extra, truth: (count - 1) / entries };
  const whole = { wrong: 0.2 * extra, truth: 0.8 + 0.2 * local.truth };
  return [
    ...scores("", whole),
    ...scores("/global", { wrong: 0, truth: 1 }),
    ...scores("/local", local),
    { metric: "learnable_step_true_density", value: 0.6 * whole.truth },
    { metric: "learnable_step_shd", value: whole.wrong + 0.4 * whole.truth * entries },
    { metric: "learnable_entries", value: entries },
    { metric: "given_shd", value: 0 },
    { metric: "graph_perplexity", value: isFine ? 1 + learned : 1 },
  ];
}

function finalValues(
  method: string,
  { split, rng }: { readonly split: string; readonly rng: Rng },
): { readonly return: number; readonly accuracy: number } {
  const id = method.split(/[^a-z]/i)[0]!.toLowerCase();
  const at = { environment: "chemical-fork", split };
  const reward = paperValue(id, { ...at, metric: "return" }) ?? { mean: 8, std: 1 };
  const accuracy = paperValue(id, { ...at, metric: "accuracy" }) ?? { mean: 0.4, std: 0.05 };
  return {
    return: reward.mean + 0.7 * (reward.std ?? 1) * rng.normal(),
    accuracy: accuracy.mean + 0.7 * (accuracy.std ?? 0.05) * rng.normal(),
  };
}
