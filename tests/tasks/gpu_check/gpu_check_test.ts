import assert from "node:assert/strict";
import type { AskEngine, EngineTask } from "../../../lib/bench/mod.ts";
import { checkNumbers } from "../../../tasks/gpu_check/check_numbers.ts";
import { Budget, row } from "../../../tasks/gpu_check/check_row.ts";
import { checkSpeed, seedCounts } from "../../../tasks/gpu_check/check_speed.ts";
import { checkTests, type RunTests } from "../../../tasks/gpu_check/check_tests.ts";
import { reportText } from "../../../tasks/gpu_check/report_text.ts";

/** A clock that each question moves on, and engines that answer. */
function engines(msEach: number, answer: (task: EngineTask) => Awaited<ReturnType<AskEngine>>) {
  let nowMs = 0;
  const asked: EngineTask[] = [];
  const ask: AskEngine = (task) => {
    asked.push(task);
    nowMs += msEach;
    return Promise.resolve(answer(task));
  };
  return { asked, ask, clock: () => nowMs };
}

const loop = { kind: "loop", times: { updateMs: 60, planMs: 40 }, residentBytes: 2 ** 29 } as const;

Deno.test("checkSpeed: the first method for all numbers of runs, the others for one, then for more", async () => {
  const { asked, ask, clock } = engines(10, () => loop);
  const rows = await checkSpeed({
    ...{ engine: "tensorflow", methods: ["fcdl", "mlp", "ncd"], ask, freeBytes: () => 2 ** 40 },
    budget: new Budget(clock, 1e6),
    limitMs: 1e6,
    cardMiB: () => Promise.resolve(null),
  });
  const order = rows.filter(({ metric }) => metric === "loops_per_s").map(({ item, seeds }) => `${item} ${seeds}`);
  assert.deepEqual(order, [
    ...seedCounts.map((seeds) => `fcdl ${seeds}`),
    ...["mlp 1", "ncd 1"],
    ...seedCounts.slice(1).flatMap((seeds) => [`mlp ${seeds}`, `ncd ${seeds}`]),
  ]);
  assert.equal(asked.length, 3 * 31);
  const of = (metric: string) => rows.find((each) => each.seeds === 4 && each.metric === metric)!.value;
  // 4 runs, each with a loop of 100 ms.
  assert.deepEqual([of("update_ms"), of("plan_ms"), of("loops_per_s"), of("memory_mib")], [60, 40, 40, 512]);
});

Deno.test("checkSpeed: what there is no time or memory for, and what fails, is said and not measured", async () => {
  const part = { engine: "tensorflow", methods: ["fcdl"], cardMiB: () => Promise.resolve(null), limitMs: 1e6 };
  const slow = engines(100, () => loop);
  // 1 run takes 100 ms, 2 take 200, 4 would take 400.
  const late = await checkSpeed({
    ...{ ...part, ask: slow.ask, freeBytes: () => 2 ** 40, budget: new Budget(slow.clock, 650) },
  });
  assert.equal(slow.asked.length, 3);
  assert.deepEqual(late.filter(({ note }) => /no time left/.test(note)).map(({ seeds }) => seeds), [4, 8, 16]);
  const { ask, clock, asked } = engines(1, () => loop);
  const small = await checkSpeed({ ...part, ask, freeBytes: () => 3 * 2 ** 29, budget: new Budget(clock, 1e6) });
  assert.deepEqual(small.filter(({ note }) => /no memory left/.test(note)).map(({ seeds }) => seeds), [4, 8, 16]);
  assert.equal(asked.length, 3);
  const broken = engines(1, () => ({ kind: "failed", error: "out of memory" }));
  const failed = await checkSpeed({ ...part, ...broken, freeBytes: () => 1e12, budget: new Budget(broken.clock, 1e6) });
  assert.equal(failed[0]!.note, "failed: out of memory");
  assert.equal(failed[0]!.value, null);
});

Deno.test("checkNumbers: as the reference, the same bits twice; TF32 on a card alone", async () => {
  const of = async (losses: (task: EngineTask, k: number) => number, usesGpu: boolean) => {
    let k = 0;
    const { ask } = engines(
      1,
      (task) =>
        task.what === "loop"
          ? { kind: "loop", times: { updateMs: task.environment ? 30 : 60, planMs: 1 } }
          : { kind: "losses", losses: [{ loss: losses(task, k++) }] },
    );
    const rows = await checkNumbers("fcdl", { engine: "tensorflow", reference: "cpu", usesGpu, ask });
    return rows.map(({ metric, value }) => [metric, value]);
  };
  assert.deepEqual(await of(() => 1, false), [["as on cpu", "yes"], ["same bits twice", "yes"]]);
  assert.deepEqual(await of((_, k) => 1 + k * 1e-6, false), [["as on cpu", "yes"], ["same bits twice", "no"]]);
  assert.deepEqual(await of(({ engine }) => engine === "cpu" ? 1 : 2, false), [
    ["as on cpu", "no"],
    ["same bits twice", "yes"],
  ]);
  assert.deepEqual(await of(({ environment }) => environment ? 1.1 : 1, true), [
    ["as on cpu", "yes"],
    ["same bits twice", "yes"],
    ["with TF32 as on cpu", "no"],
    ["update with TF32, share of without", 0.5],
  ]);
});

Deno.test("checkTests: counts, names of what failed, what was cut short, and nothing at all", async () => {
  const output = "running 4 tests from ./a.ts\na ... ok (1ms)\nb: c ... FAILED (2ms)\nd ... ok (3ms)\n";
  const check = (said: string, isCutShort = false, limitMs = 5000) => {
    const runTests: RunTests = () => Promise.resolve({ output: said, isCutShort });
    return checkTests({ item: "x", files: ["a.ts"] }, { engine: "tensorflow", limitMs, runTests });
  };
  const rows = await check(output);
  assert.deepEqual(rows.map(({ metric, value, note }) => [metric, value, note]), [
    ["passed", 2, ""],
    ["failed", 1, "b: c"],
  ]);
  assert.equal((await check(output, true))[0]!.note, "ended after 5 s, of 4 tests");
  assert.match((await check("error: Module not found\n"))[0]!.note, /^no test ran: error: Module not found/);
  assert.match((await check(output, false, 10))[0]!.note, /no time left/);
});

Deno.test("reportText: a table a section, one line for each method and number of runs", () => {
  const part = { section: "speed", engine: "tensorflow", item: "fcdl", seeds: 2 };
  const text = reportText([
    row({ section: "tests", item: "vectors", metric: "failed", value: 1, note: "a | b" }),
    row({ ...part, metric: "update_ms", value: 56.789, unit: "ms" }),
    row({ ...part, metric: "plan_ms", value: 28.01, unit: "ms" }),
    row({ ...part, seeds: 4, metric: "loops_per_s", note: "not measured: there was no time left" }),
  ], ["TensorFlow 2.21.0"]);
  assert.equal(
    text,
    [
      "# GPU check",
      "",
      "- TensorFlow 2.21.0",
      "",
      "## Tests",
      "",
      "| what | backend |  | value | note |",
      "|---|---|---|---|---|",
      "| vectors |  | failed | 1 | a \\| b |",
      "",
      "## Speed",
      "",
      "| method | backend | runs at once | update, ms | plan, ms | loops/s of all |",
      "|---|---|---|---|---|---|",
      "| fcdl | tensorflow | 2 | 56.8 | 28.0 |  |",
      "",
      "- tensorflow: not measured: there was no time left (fcdl 4)",
      "",
    ].join("\n"),
  );
});

Deno.test("Budget: what is left is never below 0", () => {
  let now = 5;
  const budget = new Budget(() => now, 10);
  assert.equal(budget.leftMs, 10);
  now = 100;
  assert.equal(budget.leftMs, 0);
});
