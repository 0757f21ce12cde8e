import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AskEngine, EngineAnswer } from "../../../lib/bench/engines/ask_engine.ts";
import { chooseEngine, LEAST_ENGINE_GAIN } from "../../../lib/bench/engines/choose_engine.ts";
import { chooseEngines, type ChooseOptions } from "../../../lib/bench/engines/choose_engines.ts";
import { engineFile, fileCache } from "../../../lib/bench/engines/engine_cache.ts";
import { differenceOf } from "../../../lib/bench/engines/engine_findings.ts";
import type { PlannedRun } from "../../../lib/experiment/expand_suite.ts";
import { runSpecSchema } from "../../../lib/experiment/run_spec.ts";

function specOf(method: string, seed = 1) {
  return runSpecSchema.parse({ suite: "s", environment: { id: "chemical" }, method: { id: method }, seed });
}

function runOf(method: string, seed: number): PlannedRun {
  const spec = specOf(method, seed);
  return { id: `${method}${seed}`, suite: "s", environment: "chemical-full", method, seed, spec };
}

/** Engines that answer with given times and losses, and count what they are asked. */
function engines(
  answers: Readonly<Record<string, { ms?: number; loss?: number; error?: string }>>,
): { readonly ask: AskEngine; readonly asked: string[] } {
  const asked: string[] = [];
  const ask: AskEngine = ({ engine, what }) => {
    asked.push(`${engine} ${what}`);
    const { ms = 10, loss = 1, error } = answers[engine]!;
    const answer: EngineAnswer = error !== undefined
      ? { kind: "failed", error }
      : what === "losses"
      ? { kind: "losses", losses: [{ total: loss }] }
      : { kind: "loop", times: { updateMs: ms * 0.75, planMs: ms * 0.25 } };
    return Promise.resolve(answer);
  };
  return { ask, asked };
}

const both = { engines: ["wasm", "tensorflow"], workers: 2, blas: null };

Deno.test("chooseEngine: one engine is taken without a question", async () => {
  const { ask, asked } = engines({});
  const choice = await chooseEngine(specOf("mlp"), { ...both, engines: ["wasm"], ask });
  assert.deepEqual(choice, { engine: "wasm", findings: [] });
  assert.deepEqual(asked, []);
});

Deno.test("chooseEngine: the faster one by more than noise, each measured with all workers at once", async () => {
  const of = async (ms: number) => {
    const { ask, asked } = engines({ cpu: {}, wasm: { ms: 100 }, tensorflow: { ms } });
    return { ...await chooseEngine(specOf("mlp"), { ...both, ask }), asked };
  };
  const fast = await of(100 / LEAST_ENGINE_GAIN - 1);
  assert.equal(fast.engine, "tensorflow");
  assert.deepEqual(fast.asked, [
    "cpu losses",
    "tensorflow losses",
    "tensorflow loop",
    "tensorflow loop",
    "wasm loop",
    "wasm loop",
  ]);
  assert.deepEqual(fast.findings.map(({ engine }) => engine), ["wasm", "tensorflow"]);
  // In doubt the safe one.
  assert.equal((await of(100 / LEAST_ENGINE_GAIN + 1)).engine, "wasm");
  assert.equal((await of(99)).engine, "wasm");
});

Deno.test("chooseEngine: one that computes otherwise, fails or cannot be compared is not taken, however fast", async () => {
  for (
    const [answers, reason] of [
      [{ cpu: {}, tensorflow: { loss: 1.01, ms: 1 } }, /^loss total of update 1 is 1\.01 and 1 on cpu$/],
      [{ cpu: {}, tensorflow: { loss: NaN, ms: 1 } }, /^loss total of update 1 is NaN/],
      [{ cpu: {}, tensorflow: { error: "no library" } }, /^no library$/],
      [{ cpu: { error: "too slow" }, tensorflow: { ms: 1 } }, /nothing to compare it with: too slow/],
    ] as const
  ) {
    const { ask } = engines({ wasm: { ms: 100 }, ...answers });
    const { engine, findings } = await chooseEngine(specOf("mlp"), { ...both, ask });
    assert.equal(engine, "wasm");
    assert.match(findings.find((finding) => finding.engine === "tensorflow")!.reason!, reason);
  }
});

Deno.test("differenceOf: rounding is none, wider after a step and for the gradient's norm; a missing loss is one", () => {
  const plain = [{ a: 2, gradient_norm: 1 }, { a: 1 }];
  const of = (...losses: Record<string, number>[]) => differenceOf(losses, plain);
  assert.equal(of({ a: 2.003, gradient_norm: 5 }, { a: 1.02 }), null);
  assert.match(of({ a: 2.01, gradient_norm: 1 }, { a: 1 })!, /^loss a of update 1 is 2\.01 and 2 on cpu/);
  assert.match(of({ a: 2, gradient_norm: 1 }, { a: 1.04 })!, /^loss a of update 2 is 1\.04 and 1 on cpu/);
  assert.match(of({ a: 2, gradient_norm: 0 }, { a: 1 })!, /^loss gradient_norm of update 1/);
  assert.match(of({ a: 2, gradient_norm: 30 }, { a: 1 })!, /^loss gradient_norm of update 1/);
  assert.match(of({ a: 2, gradient_norm: 1 })!, /^loss a of update 2 is missing/);
});

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-engines-test-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("chooseEngines: once for all runs of a size, and kept for the next time", () =>
  inFolder(async (folder) => {
    const runs = [runOf("mlp", 1), runOf("mlp", 2), runOf("fcdl", 1)];
    const times = { cpu: {}, wasm: { ms: 100 }, tensorflow: { ms: 20 } };
    const path = join(folder, engineFile);
    const choose = async (parts: Partial<ChooseOptions> = {}) => {
      const { ask, asked } = engines(times);
      const options = { workers: 1, blas: null, engines: { wasm: "", tensorflow: "2.21.0 cpu" }, ask };
      const told: string[] = [];
      const chosen = await chooseEngines(runs, {
        ...options,
        cache: fileCache(path),
        onMeasure: ({ method }) => told.push(`measure ${method}`),
        onChoice: ({ method, choice }) => told.push(`${method} ${choice.engine}`),
        ...parts,
      });
      return { chosen: [...chosen], asked, told };
    };
    const first = await choose();
    assert.deepEqual(first.chosen, [["mlp1", "tensorflow"], ["mlp2", "tensorflow"], ["fcdl1", "tensorflow"]]);
    assert.deepEqual(first.told, ["measure mlp", "mlp tensorflow", "measure fcdl", "fcdl tensorflow"]);
    assert.equal(first.asked.length, 8);
    const again = await choose();
    assert.deepEqual(again.chosen, first.chosen);
    assert.deepEqual(again.asked, []);
    // Another library, number of processes or BLAS is another case.
    assert.equal((await choose({ engines: { wasm: "", tensorflow: "2.22.0 cpu" } })).asked.length, 8);
    assert.equal((await choose({ workers: 2 })).asked.length, 12);
    assert.equal((await choose({ blas: "libblas.so" })).asked.length, 8);
    assert.deepEqual(await readdir(folder), [engineFile]);
    await writeFile(path, "{ damaged");
    assert.equal((await choose()).asked.length, 8);
    // What cannot be kept is no reason to fail.
    assert.equal((await choose({ cache: fileCache(join(folder, "none", engineFile)) })).asked.length, 8);
  }));

Deno.test("chooseEngines: one engine measures and writes nothing; a stop is the end of measuring, and is not kept", () =>
  inFolder(async (folder) => {
    const runs = [runOf("mlp", 1), runOf("fcdl", 1)];
    const stop = new AbortController();
    const { ask, asked } = engines({ cpu: {}, wasm: { ms: 100 }, tensorflow: { ms: 20 } });
    const options = { workers: 1, blas: null, ask, cache: fileCache(join(folder, engineFile)) };
    const alone = await chooseEngines(runs, { ...options, engines: { wasm: "" } });
    assert.deepEqual([...alone.values()], ["wasm", "wasm"]);
    assert.deepEqual(asked, []);
    const stopped = await chooseEngines(runs, {
      ...options,
      engines: { wasm: "", tensorflow: "x" },
      signal: stop.signal,
      onMeasure: () => stop.abort(),
    });
    assert.deepEqual([...stopped.keys()], ["mlp1", "fcdl1"]);
    assert.equal(stopped.get("fcdl1"), "wasm");
    assert.deepEqual(await readdir(folder), []);
  }));
