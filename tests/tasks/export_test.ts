import { metricOf } from "../metric_of.ts";
import assert from "node:assert/strict";
import { csvParse } from "d3-dsv";
import { newExecution } from "../contracts/execution_contract.ts";
import { metric } from "../contracts/store_data.ts";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../../lib/store/open_store.ts";

const script = fileURLToPath(new URL("../../tasks/export.ts", import.meta.url));

/** Runs the command with the permissions of `deno task export`. */
async function runExport(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", "--allow-env", script, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withStore(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-export-"));
  try {
    const store = await openStore(join(folder, "store.sqlite"));
    await store.addRuns(["one", "two"].map((suite) => ({
      ...{ id: suite, suite, environment: "e", method: "m", seed: 1, spec: {} },
    })));
    await store.close();
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("export writes all suites, or the named one, and prints the paths", () =>
  withStore(async (folder) => {
    const files = (suite: string) => ["metrics.csv", "summary.csv"].map((name) => join(folder, suite, name));
    const one = await runExport("--out", folder, "--suite", "two");
    assert.deepEqual(one, { code: 0, stdout: files("two").join("\n") + "\n", stderr: "" });
    const all = await runExport("--out", folder);
    assert.deepEqual(all.stdout.trim().split("\n"), [...files("one"), ...files("two")]);
    assert.deepEqual(await readdir(join(folder, "one")), ["metrics.csv", "summary.csv"]);
  }));

Deno.test("export writes only the metrics asked for, and names those there are", () =>
  withStore(async (folder) => {
    const store = await openStore(join(folder, "store.sqlite"));
    const record = (metric: string) => ({
      ...{ envSteps: 1, updates: 1, split: "train", ...metricOf(metric) },
      value: 1,
      elapsedMs: 1,
    });
    await store.claim("one", { worker: "w", leaseMs: 1000, nowMs: 0 });
    await store.recordMetrics("one", [record("return"), record("accuracy"), record("accuracy/x3")], { worker: "w" });
    await store.close();
    const some = await runExport("--out", folder, "--suite", "one", "--metric", "accuracy");
    assert.equal(some.code, 0, some.stderr);
    const lines = (await readFile(join(folder, "one", "metrics-accuracy.csv"), "utf8")).trim().split("\r\n");
    assert.deepEqual(lines.slice(1).map((line) => line.split(",")[8]), ["accuracy"]);
    const part = await runExport("--out", folder, "--suite", "one", "--metric", "accuracy/x3");
    assert.equal(part.code, 0, part.stderr);
    assert.match(
      await readFile(join(folder, "one", "metrics-accuracy-x3.csv"), "utf8"),
      /\r\n[^\r]*accuracy\/x3,1,1,e-one\r\n$/,
    );
    assert.deepEqual(await runExport("--out", folder, "--suite", "one", "--metric", "acuracy"), {
      code: 2,
      stdout: "",
      stderr:
        'Cannot find metric "acuracy": unknown name, expected one of accuracy, accuracy/x3, return, got "acuracy"\n',
    });
  }));

Deno.test("export writes the execution asked for, or all, in files of their own, and averages nothing over two", () =>
  withStore(async (folder) => {
    const store = await openStore(join(folder, "store.sqlite"));
    for (const [index, id] of ["first", "second"].entries()) {
      const run = { id: `${id}-run`, suite: "one", environment: "e", method: "m", seed: 1, spec: {} };
      await store.addRuns([run], { execution: newExecution(id, { suite: "one", startedAtMs: 9e15 + index }) });
      await store.claim(run.id, { worker: "w", leaseMs: 1000, nowMs: 0 });
      await store.recordMetrics(run.id, [metric({ value: 10 * (index + 1) })], { worker: "w" });
      await store.finish(run.id, { worker: "w", status: "done", elapsedMs: 1, nowMs: 0 });
    }
    await store.close();
    const means = async (file: string) =>
      csvParse(await readFile(join(folder, "one", file), "utf8")).map((row: Partial<Record<string, string>>) => [
        ...[row.execution, row.mean],
      ]);
    for (const args of [[], ["--execution", "first"], ["--execution", "all", "--suite", "one"]]) {
      const { code, stderr } = await runExport("--out", folder, ...args);
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(await means("summary.csv"), [["second", "20"]]);
    assert.deepEqual(await means("summary-first.csv"), [["first", "10"]]);
    assert.deepEqual(await means("summary-all.csv"), [["first", "10"], ["second", "20"]]);
    const { code, stderr } = await runExport("--out", folder, "--execution", "third");
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot find execution "third": unknown name, expected one of .*first, second, all, got/);
  }));

Deno.test("export answers bad input with one sentence and exit code 2", () =>
  withStore(async (folder) => {
    const cases = [
      {
        args: ["--out", folder, "--suite", "three"],
        stderr: 'Cannot find suite "three": unknown name, expected one of one, two, got "three"\n',
      },
      {
        args: ["--suit", "one"],
        stderr:
          'Cannot find option "--suit": unknown name, expected one of --suite, --execution, --metric, --out, --help, got "--suit"\n',
      },
      {
        args: ["--suite"],
        stderr: "Cannot read the command line: Option '--suite <value>' argument missing, " +
          "expected options of --suite, --execution, --metric, --out, --help, got --suite\n",
      },
      {
        args: ["one"],
        stderr: "Cannot read the command line: Unexpected argument 'one', " +
          "expected options of --suite, --execution, --metric, --out, --help, got one\n",
      },
      {
        args: ["--out", join(folder, "none")],
        stderr: `Cannot open the store ${join(folder, "none", "store.sqlite")}: there is no such file, ` +
          "expected an existing store, got none\n",
      },
    ];
    for (const { args, stderr } of cases) assert.deepEqual(await runExport(...args), { code: 2, stdout: "", stderr });
    // Nothing was exported (SQLite's own files may lie beside the store).
    assert.deepEqual((await readdir(folder)).filter((name) => !name.startsWith("store.sqlite")), []);
  }));

Deno.test("export --help says what there is", async () => {
  const { code, stdout } = await runExport("--help");
  assert.equal(code, 0);
  for (const flag of ["--suite", "--out", "--help"]) assert.ok(stdout.includes(flag));
});
