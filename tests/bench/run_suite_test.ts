import { wholeMetric } from "../../lib/records/metric_id.ts";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { planSuite, type PoolEvent, readSuite, runSuite, type StartWorker } from "../../lib/bench/mod.ts";
import { parseSuite } from "../../lib/experiment/suite.ts";
import { openStore } from "../../lib/store/open_store.ts";

const suite = parseSuite({
  name: "embedded",
  title: "Embedded",
  environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }],
  methods: [{ id: "mlp", hidden: [8] }],
  seeds: [1, 2],
  training: { environments: 2, randomLoops: 60, loops: 2, batchSize: 4 },
  evaluation: { episodes: 1, batchSize: 16 },
}, { what: "the suite" });

async function withLocation(use: (location: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(join(folder, "store.sqlite"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a program runs a suite and reads its results; a second time nothing is left to do", () =>
  withLocation(async (location) => {
    const kinds = new Map<string, Set<string>>();
    const onEvent = ({ kind, run }: PoolEvent) =>
      void (kinds.get(kind) ?? kinds.set(kind, new Set()).get(kind)!).add(run.id);
    const outcome = await runSuite(suite, { location, blas: "off", workers: 1, onEvent });
    deepEqual([outcome.left, outcome.problems], [[], []]);
    deepEqual([kinds.get("started")?.size, kinds.get("done")?.size], [2, 2]);
    const store = await openStore(location, { readOnly: true });
    const [run] = await store.listRuns();
    // Relaxed SIMD rounds otherwise than plain.
    match(run!.provenance!.versions.kernels!, /^(relaxed-simd|simd|stock)$/);
    const rows = await store.queryMetrics({ suite: "embedded", metrics: [wholeMetric("accuracy")], last: true });
    await store.close();
    deepEqual([...new Set(rows.map(({ runId }) => runId))].sort(), outcome.plan.runs.map(({ id }) => id).sort());
    ok(rows.every(({ value }) => value !== null && value >= 0 && value <= 1));
    kinds.clear();
    equal((await runSuite(suite, { location, blas: "off", onEvent })).left.length, 0);
    equal(kinds.size, 0);
  }));

Deno.test("a program plans without a trace, brings its own workers and clock, and hears what went wrong", () =>
  withLocation(async (location) => {
    const plan = await planSuite(suite, { location, blas: "off", seeds: [2] });
    deepEqual([...plan.status.values()], ["missing"]);
    await rejects(Deno.stat(location), Deno.errors.NotFound);
    const startWorker: StartWorker = () => ({
      outcome: Promise.resolve({ kind: "refused", error: "not here" }),
      stop() {},
      kill() {},
    });
    const planned: number[] = [];
    const outcome = await runSuite(suite, {
      ...{ location, blas: "off", seeds: [2], workers: 4, startWorker, now: () => 1234 },
      onPlan: (_, { workers }) => planned.push(workers),
    });
    deepEqual(outcome.problems.map(({ kind, error }) => `${kind}: ${error}`), ["refused: not here"]);
    deepEqual([planned, outcome.left.map(({ seed }) => seed)], [[1], [2]]);
    const store = await openStore(location, { readOnly: true });
    equal((await store.listRuns())[0]!.updatedAtMs, 1234);
    await store.close();
  }));

Deno.test("a suite is named to a program as it is to the command line", async () => {
  equal((await readSuite("smoke")).suite.name, "smoke");
  await rejects(readSuite("chemcal"), /^RangeError: Cannot find suite "chemcal": unknown name, expected one of smoke/);
});
