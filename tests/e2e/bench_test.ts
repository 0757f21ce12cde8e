import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { storeFile } from "../../tasks/results_folder.ts";
import {
  bench,
  childrenOf,
  exists,
  recordsOf,
  runsOf,
  startBench,
  task,
  untilCheckpoint,
  withFolder,
  withStore,
} from "./bench_process.ts";

/** One run of a few seconds with a checkpoint every second. */
const oneRun = [
  "--suite",
  "smoke",
  "--methods",
  "fcdl",
  "--seeds",
  "1",
  "--steps",
  "800",
  "--checkpoint-seconds",
  "1",
];

Deno.test("bench trains suite smoke, shows a table, writes CSV files, and runs nothing when issued again", () =>
  withFolder(async (folder) => {
    const first = await bench("--suite", "smoke", "--out", folder);
    equal(first.code, 0, first.errors);
    match(first.output, /4 runs: 4 missing/);
    match(first.output, /Method +Seeds +return train .*\n-+.*\nFCDL +2 +[\d.]+ ± [\d.]+ .*\nMLP +2 /);
    match(first.output, /Pages: deno task serve/);
    const csv = await Deno.readTextFile(join(folder, "smoke", "metrics.csv"));
    const exported = await task("export", "--suite", "smoke", "--out", folder);
    equal(exported.code, 0, exported.errors);
    equal(await Deno.readTextFile(join(folder, "smoke", "metrics.csv")), csv);
    const runs = await runsOf(folder);
    deepEqual(runs.map((run) => run.status), ["done", "done", "done", "done"]);
    for (const run of runs) {
      equal(run.provenance!.backend, "wasm");
      ok(run.elapsedMs > 0);
      const artifacts = await withStore(folder, (store) => store.listArtifacts(run.id));
      equal(artifacts.some((artifact) => artifact.name === "checkpoint"), false);
    }
    const records = await recordsOf(folder);
    const second = await bench("--suite", "smoke", "--out", folder);
    equal(second.code, 0, second.errors);
    match(second.output, /4 runs: 4 done/);
    equal(second.output.includes("starts"), false);
    match(second.output, /All done: nothing of execution e\d{8}-\d{6}-[0-9a-f]{6} is missing; --new begins another/);
    deepEqual(await runsOf(folder), runs);

    // --fresh: these runs and no others, and the same seed gives the same records.
    const fresh = await bench("--suite", "smoke", "--out", folder, "--fresh", "--methods", "mlp", "--seeds", "2");
    equal(fresh.code, 0, fresh.errors);
    equal(fresh.output.match(/starts/g)?.length, 1);
    deepEqual((await runsOf(folder)).slice(0, 3), runs.slice(0, 3));
    deepEqual(await recordsOf(folder), records);

    // Another execution has runs of its own, and is the one that is shown.
    const another = await bench("--suite", "smoke", "--out", folder, "--new", "--methods", "mlp", "--seeds", "2");
    equal(another.code, 0, another.errors);
    match(another.output, /1 run: 1 missing\nNew execution e[-\w]+, code \S+, wasm, TensorFlow\.js 4\.22\.0/);
    match(another.output, /MLP +1 /);
    deepEqual((await runsOf(folder)).slice(0, 3), runs.slice(0, 3));
    const [executions, all] = await withStore(
      folder,
      async (store) => [await store.listExecutions(), await store.listRuns()],
    );
    deepEqual(executions.map(({ state, runs, trigger }) => [state, runs, trigger]), [
      ["complete", 4, "command line"],
      ["complete", 1, "command line"],
    ]);
    equal(all.length, 5);
    const newest = (await Deno.readTextFile(join(folder, "smoke", "metrics.csv"))).trim().split("\r\n").slice(1);
    ok(newest.every((line) => line.endsWith(`,${executions[1]!.id}`)));
  }));

Deno.test("bench goes on after kill -9 of a worker, after its own and after Ctrl-C, and gives the same records", () =>
  withFolder(async (folder) => {
    const unbroken = join(folder, "unbroken");
    equal((await bench(...oneRun, "--out", unbroken)).code, 0);
    const expected = await recordsOf(unbroken);

    const workerKilled = join(folder, "worker");
    const first = startBench([...oneRun, "--out", workerKilled]);
    await untilCheckpoint(workerKilled);
    for (const worker of await childrenOf(first.processId)) Deno.kill(worker, "SIGKILL");
    const { code, output } = await first.finished;
    equal(code, 0, output);
    match(output, /its worker ended \(SIGKILL\); trying again from its checkpoint/);
    match(output, /goes on from its checkpoint/);
    deepEqual(await recordsOf(workerKilled), expected);

    const parentKilled = join(folder, "parent");
    const second = startBench([...oneRun, "--out", parentKilled]);
    await untilCheckpoint(parentKilled);
    second.kill("SIGKILL");
    await second.finished;
    const again = await bench(...oneRun, "--out", parentKilled);
    equal(again.code, 0, again.errors);
    match(again.output, /goes on from its checkpoint/);
    deepEqual(await recordsOf(parentKilled), expected);

    const stopped = join(folder, "stopped");
    const third = startBench([...oneRun, "--out", stopped]);
    await untilCheckpoint(stopped);
    third.kill("SIGINT");
    const end = await third.finished;
    equal(end.code, 130, end.errors);
    match(end.output, /Stopped: 0 of 1 run done\. Go on with: deno task bench --suite smoke .*--steps 800/);
    equal((await runsOf(stopped))[0]!.status, "interrupted");
    const resumed = await bench(...oneRun, "--out", stopped);
    equal(resumed.code, 0, resumed.errors);
    match(resumed.output, /1 run: 1 interrupted/);
    deepEqual(await recordsOf(stopped), expected);
  }));

Deno.test("two benches on one folder train no run twice, and both show all results", () =>
  withFolder(async (folder) => {
    const args = ["--suite", "smoke", "--out", folder, "--workers", "1"];
    const both = await Promise.all([bench(...args), bench(...args)]);
    let starts = 0;
    for (const { code, output, errors } of both) {
      equal(code, 0, errors);
      starts += output.match(/: starts/g)?.length ?? 0;
      match(output, /FCDL +2 /);
    }
    equal(starts, 4);
  }));

Deno.test("bench records a failed run with its error, trains the others, and tries it again when issued again", () =>
  withFolder(async (folder) => {
    const file = join(folder, "mine.json");
    const suite = {
      name: "mine",
      title: "Mine",
      environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [1] }],
      methods: [{ id: "fcdl", featureWidth: 8, predictorWidths: [8] }],
      seeds: [1, 2],
      planner: { horizon: 1, candidates: 4, elites: 2, iterations: 1 },
      // After a step of this size nothing is finite.
      training: { environments: 2, randomLoops: 30, loops: 20, batchSize: 8, predictionSteps: 1, learningRate: 1e38 },
      evaluation: { everyLoops: 100, episodes: 1, batchSize: 8 },
    };
    await Deno.writeTextFile(file, JSON.stringify(suite));
    for (let issue = 0; issue < 2; issue++) {
      const { code, errors, output } = await bench("--suite", file, "--out", folder);
      equal(code, 1, output + errors);
      match(errors, /^Failed: fcdl on chemical-fork-4x3, seed 1: Cannot .*\nFailed: .* seed 2: /);
      equal(errors.includes("    at "), false);
      match(output, issue === 0 ? /2 runs: 2 missing/ : /2 runs: 2 failed, to be tried again/);
    }
    for (const run of await runsOf(folder)) {
      equal(run.status, "failed");
      match(run.error!, /not finite|NaN|infinit/i);
    }
  }));

Deno.test("bench --dry-run shows runs, sizes and parameters, and writes nothing", () =>
  withFolder(async (folder) => {
    const out = join(folder, "results");
    const { code, output, errors } = await bench("--suite", "smoke", "--seeds", "1", "--out", out, "--dry-run");
    equal(code, 0, errors);
    match(output, /fcdl +chemical-fork-4x3 +missing +1 +140 +100 +560 +[\d,]+\n/);
    equal(await exists(out), false);
    equal((await bench("--suite", "smoke", "--seeds", "1", "--methods", "mlp", "--out", out)).code, 0);
    const before = await contentsOf(out);
    const again = await bench("--suite", "smoke", "--seeds", "1", "--out", out, "--dry-run");
    match(again.output, /mlp +chemical-fork-4x3 +done +1 /);
    deepEqual(await contentsOf(out), before);
  }));

Deno.test("bench answers bad input with one sentence and code 2, and writes nothing", () =>
  withFolder(async (folder) => {
    const out = join(folder, "results");
    const wrong = join(folder, "wrong.json");
    const broken = join(folder, "broken.json");
    await Deno.writeTextFile(wrong, JSON.stringify({ name: "x", title: "X", environments: [], methods: [], seeds: 1 }));
    await Deno.writeTextFile(broken, "{");
    const taken = join(folder, "taken.json");
    const smoke = new URL("../../lib/experiment/suites/smoke.json", import.meta.url);
    await Deno.writeTextFile(taken, await Deno.readTextFile(smoke));
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["--suite", "nope"], /^Cannot find suite "nope": .* expected one of smoke, quick, .*, got "nope"\n$/],
      [["--methods", "nope"], /^Cannot find method "nope": .* expected one of no edges, mlp, fcdl, .*, got "nope"\n$/],
      [["--backend", "nope"], /^Cannot find backend "nope": .* expected one of wasm, cpu, .*, got "nope"\n$/],
      [["--nope"], /^Cannot find option "--nope": .* expected one of --suite, .*, got "--nope"\n$/],
      [["--seeds", "8-1"], /^Cannot read seeds: .* got "8-1"\n$/],
      [
        ["--suite", wrong],
        /^Cannot read suite .*wrong\.json, line 1, column 40: environments is not allowed, expected .*, got \[\]\n$/,
      ],
      [
        ["--suite", taken],
        /^Cannot read suite .*taken\.json, line 3, column 11: name is a built-in suite's, .*, got "smoke"\n$/,
      ],
      [
        ["--suite", broken],
        /^Cannot read suite .*broken\.json, line 1, column 2: the text ends too early, expected JSON, got its end\n$/,
      ],
      [["--suite", join(folder, "none.json")], /^Cannot read suite .*none\.json: there is no such file, .*\n$/],
      [["--suite", "smoke", "--out", wrong], /^Cannot open the store .*: .*\n$/],
      [["--suite", "smoke", "--out", "/proc/results"], /^Cannot open the store .*: .*\n$/],
    ];
    for (const [args, sentence] of cases) {
      const { code, errors, output } = await bench("--out", out, ...args);
      match(errors, sentence);
      equal(code, 2, args.join(" "));
      equal(output, "");
      equal(await exists(out), false);
    }
  }));

Deno.test("bench leaves a file that is no store, and a damaged one, as they are", () =>
  withFolder(async (folder) => {
    equal((await bench("--suite", "smoke", "--seeds", "1", "--methods", "mlp", "--out", folder)).code, 0);
    const file = storeFile(folder);
    const sound = await Deno.readFile(file);
    const garbage = new TextEncoder().encode("not a database, but somebody's notes\n".repeat(100));
    const damaged = sound.slice();
    damaged.fill(0xa5, 100, 4096);
    for (const bytes of [garbage, damaged]) {
      await Deno.writeFile(file, bytes);
      const { code, errors } = await bench("--suite", "smoke", "--out", folder);
      equal(code, 2);
      match(errors, /^Cannot open the store .*store\.sqlite: .*\n$/);
      deepEqual(await Deno.readFile(file), bytes);
    }
  }));

Deno.test("bench refuses the checkpoint of another run with code 2 and leaves it", () =>
  withFolder(async (folder) => {
    const first = startBench([...oneRun, "--out", folder]);
    await untilCheckpoint(folder);
    first.kill("SIGTERM");
    equal((await first.finished).code, 130);
    const other = oneRun.map((arg, i) => oneRun[i - 1] === "--seeds" ? "2" : arg);
    const second = startBench([...other, "--out", folder]);
    await untilCheckpoint(folder);
    second.kill("SIGTERM");
    equal((await second.finished).code, 130);
    const [mine, theirs] = await runsOf(folder);
    const bytes = await withStore(folder, async (store) => {
      const { bytes, contentType, name } = (await store.getArtifact(theirs!.id, "checkpoint"))!;
      const lease = { worker: "somebody", leaseMs: 1000, nowMs: Date.now() };
      ok(await store.claim(mine!.id, lease));
      ok(await store.putArtifact(mine!.id, { name, contentType, bytes, ...lease }));
      ok(await store.finish(mine!.id, { ...lease, status: "interrupted", elapsedMs: mine!.elapsedMs }));
      return bytes;
    });
    const { code, errors } = await bench(...oneRun, "--out", folder);
    equal(code, 2);
    match(errors, /seed 1: Cannot resume from the checkpoint: it is another run's, expected spec \w+, got spec \w+/);
    const left = await withStore(folder, (store) => store.getArtifact(mine!.id, "checkpoint"));
    deepEqual(left!.bytes, bytes);
    const run = (await runsOf(folder))[0]!;
    equal(run.status, "interrupted");
    deepEqual(run.progress, mine!.progress);
  }));

Deno.test("bench refuses to mix runs with other settings under one suite's name", () =>
  withFolder(async (folder) => {
    const suite = JSON.parse(
      await Deno.readTextFile(new URL("../../lib/experiment/suites/smoke.json", import.meta.url)),
    );
    suite.name = "mine";
    const file = join(folder, "mine.json");
    const args = ["--suite", file, "--methods", "mlp", "--seeds", "1", "--out", folder];
    await Deno.writeTextFile(file, JSON.stringify(suite));
    equal((await bench(...args)).code, 0);
    suite.training.batchSize = 16;
    await Deno.writeTextFile(file, JSON.stringify(suite));
    const { code, errors } = await bench(...args);
    equal(code, 2);
    match(errors, /^Cannot add to suite mine: .* another training\.batchSize, expected 32 as there .*, got 16\n$/);
  }));

Deno.test("bench --help explains the flags and ends with code 0", async () => {
  const { code, output, errors } = await bench("--help");
  equal(code, 0, errors);
  match(output, /Usage: deno task bench/);
  notEqual(output.includes("undefined"), true);
});

/** Every file of a folder with its bytes, less what SQLite keeps beside a database that is open. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && !/-(wal|shm)$/.test(entry.name)) {
      contents.set(entry.name, await Deno.readFile(join(folder, entry.name)));
    }
  }
  return contents;
}
