import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvFormat } from "d3-dsv";
import * as tf from "@tensorflow/tfjs";
import { metricText } from "../../lib/records/metric_id.ts";
import { parsePerfRecords, perfColumns, type PerfNumber, type PerfRecord } from "../../lib/records/perf_records.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { perfCases } from "../../lib/speed/cases.ts";
import { measureCase, median } from "../../lib/speed/measure_case.ts";
import { appendPerfRecords, perfFile, readPerfFile } from "../../lib/speed/perf_file.ts";
import { headingLine, kernelText, measurementLine } from "../../tasks/perf/perf_text.ts";
import { perf } from "../../tasks/perf.ts";
import { demoPerfRecords } from "../reports/perf_demo.ts";
import { perfMeasurements } from "../../lib/records/perf_records.ts";

/** Numbers by the text of their metric. */
function textsOf(numbers: readonly PerfNumber[]): ReadonlyMap<string, number | null> {
  return new Map(numbers.map((number) => [metricText(number), number.value]));
}

Deno.test("perfCases: the paper's size with and without BLAS, then one size at a time", () => {
  const hasCodes = (method: string) => method === "fcdl";
  const base = perfCases({ methods: ["fcdl", "mlp"], hasBlas: true, extent: "base", trained: 0, hasCodes });
  assert.deepEqual(base.map(({ method, usesBlas }) => [method, usesBlas]), [
    ["fcdl", false],
    ["fcdl", true],
    ["mlp", false],
    ["mlp", true],
  ]);
  assert.equal(perfCases({ methods: ["mlp"], hasBlas: false, extent: "base", trained: 0, hasCodes }).length, 1);
  const trained = perfCases({ methods: ["mlp"], hasBlas: true, extent: "base", trained: 50, hasCodes });
  assert.deepEqual(trained.map((each) => [each.trained, each.usesBlas]), [[0, false], [0, true], [50, true]]);
  const full = perfCases({ methods: ["fcdl", "mlp"], hasBlas: false, extent: "full", trained: 0, hasCodes });
  const values = (key: "variables" | "codes" | "batch") =>
    [...new Set(full.map((each) => each[key]))].sort((a, b) => a - b);
  assert.deepEqual(values("variables"), [5, 10, 15, 20, 30]);
  assert.deepEqual(values("codes"), [0, 1, 4, 16, 64]);
  assert.deepEqual(values("batch"), [64, 256, 1024, 2048]);
  assert.ok(full.every(({ method, codes }) => method === "fcdl" || codes === 0));
});

Deno.test("measureCase: parts add up to the loop, kernels to no more than an update; nothing leaks", async () => {
  await useBackend("wasm");
  const clock = () => performance.now();
  const measure = (variables: number) =>
    measureCase({ method: "mlp", variables, codes: 0, batch: 8, trained: 0 }, {
      ...{ blas: null, clock, rounds: 2, fast: true, limitMs: 60_000, peakGflops: 50 },
    });
  await measure(3); // What the backend keeps for good comes with the first.
  const before = tf.memory().numTensors;
  const numbers = textsOf(await measure(3));
  assert.equal(tf.memory().numTensors, before);
  const of = (metric: string) => numbers.get(metric)!;
  assert.equal(of("rounds"), 2);
  assert.ok(of("update_ms") > 0 && of("plan_ms") > 0);
  assert.ok(Math.abs(of("updates_per_s") * of("update_ms") - 1000) < 1e-6);
  const parts = [...numbers].filter(([metric]) => metric.startsWith("part_ms/")).map(([, ms]) => ms!);
  assert.ok(Math.abs(parts.reduce((sum, ms) => sum + ms, 0) / of("loop_ms") - 1) < 1e-6);
  // Layers of 1024 on 8 rows, forward and twice backward, 3 steps: 2·3·3·8·(33·1024 + 2·1024² + 1024·15) at least.
  assert.ok(of("update_gflop") > 2 * 3 * 3 * 8 * 2 * 1024 ** 2 / 1e9 * 0.6);
  assert.ok(of("peak_share") > 0);
  assert.ok(of("kernel_calls/BatchMatMul") > 0);
  assert.ok(of("plan_hit_rate") > 0.5 && of("plan_hit_rate") < 1);
  assert.equal(of("plan_variable_hit_rate"), null, "an MLP predicts all variables at once");
  // Of a step's products forward and twice backward, only those of the 1024 × 1024 layers are large.
  assert.equal(of("large_products"), 3 * 3 * 2);
  assert.ok(of("large_products_ms") > 0 && of("large_products_ms") <= of("products_ms"));
  assert.ok(Math.abs(of("large_products_gflops") / 50 - of("large_products_peak_share")) < 1e-9);
});

Deno.test("measureCase: after training, with a word now and then; a mask's known variables are counted", async () => {
  await useBackend("wasm");
  const words: number[] = [];
  let nowMs = 0;
  const numbers = textsOf(
    await measureCase({ method: "oracle", variables: 3, codes: 0, batch: 8, trained: 7 }, {
      blas: null,
      // Each look takes two seconds, so that a word is due after every few updates.
      clock: () => nowMs += 2_000,
      rounds: 1,
      fast: true,
      limitMs: 60_000,
      peakGflops: null,
      onTrained: (done) => words.push(done),
    }),
  );
  assert.ok(words.length > 0 && words.every((done, k) => done > (words[k - 1] ?? 0) && done <= 7), String(words));
  const rate = numbers.get("plan_variable_hit_rate")!;
  assert.ok(rate > 0 && rate < 1, String(rate));
});

Deno.test("median: odd and even counts", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

Deno.test("appendPerfRecords: one heading, and what is written is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-perf-"));
  try {
    const path = perfFile(join(folder, "new"));
    assert.equal(await readPerfFile(path), null);
    const records = demoPerfRecords("2026-01-01T00:00:00.000Z");
    await appendPerfRecords(path, records.slice(0, 3));
    await appendPerfRecords(path, records.slice(3));
    const text = (await readPerfFile(path))!;
    assert.equal(text.match(/^time,/gm)?.length, 1);
    assert.deepEqual(parsePerfRecords(text), records);
    // A file of an earlier version, with qualifiers behind a slash, is written anew, numbers kept.
    const untrained = records.filter(({ trained }) => trained === 0).map((record) => ({ ...record, kernels: "" }));
    await writeFile(path, oldFile(untrained));
    await appendPerfRecords(path, records.slice(-1));
    assert.deepEqual(parsePerfRecords((await readPerfFile(path))!), [...untrained, ...records.slice(-1)]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** A perf.csv without the columns `kernels`, `trained` and `qualifier`. */
function oldFile(records: readonly PerfRecord[]): string {
  const columns = perfColumns.filter((column) => !["kernels", "trained", "qualifier"].includes(column));
  return csvFormat(records.map((record) => ({ ...record, metric: metricText(record) })), columns);
}

for (const isOld of [false, true]) {
  Deno.test(`appendPerfRecords: nothing is lost where many add at once, ${isOld ? "to an old" : "to no"} file`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "fcdl-perf-"));
    try {
      const path = perfFile(folder);
      const records = demoPerfRecords("2026-01-01T00:00:00.000Z").filter(({ trained }) => trained === 0)
        .map((record) => ({ ...record, kernels: "" }));
      if (isOld) await writeFile(path, oldFile(records));
      const added = Array.from({ length: 12 }, (_, k) => ({ ...records[0]!, value: k }));
      await Promise.all(added.map((record) => appendPerfRecords(path, [record])));
      const text = (await readPerfFile(path))!;
      assert.equal(text.match(/^time,/gm)?.length, 1);
      const read = parsePerfRecords(text);
      assert.deepEqual(read.slice(0, -12), isOld ? records : []);
      assert.deepEqual(
        read.slice(-12).map(({ value }) => value!).sort((a, b) => a - b),
        added.map(({ value }) => value),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

Deno.test("perf: help, and bad input in one sentence before anything is measured", async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  await perf(["--help"], { print });
  assert.match(lines[0]!, /Usage: deno task perf/);
  await assert.rejects(perf(["--methods", "fcdl,none"], { print }), /^RangeError: Cannot find method "none": /);
  await assert.rejects(perf(["--rounds", "0"], { print }), /--rounds is not allowed, .*got "0"$/);
  await assert.rejects(perf(["--trained", "1e3"], { print }), /--trained is not allowed, .*got "1e3"$/);
  await assert.rejects(perf(["--blas", "libnothing.so"], { print }), /Cannot use a system BLAS/);
});

Deno.test("perf's table: a line a case, and the costliest kernels", () => {
  const measurements = perfMeasurements(demoPerfRecords("2026-01-01T00:00:00.000Z")).filter(({ of }) =>
    of.method !== ""
  );
  assert.match(headingLine(), /^Method +N +K +B +trained +GEMM +update ms/);
  assert.match(
    measurementLine(measurements[0]!),
    /^fcdl +10 +256 +own +100 +200 +10\.0 +5\.00 +3\.33 +40 % +90 % +70 % +90 %$/,
  );
  assert.match(kernelText(measurements), /own kernel\nKernel +Calls +ms +Share\n-.*\nBatchMatMul +60 +60\.0 +75 %/);
});
