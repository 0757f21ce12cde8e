import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import { openStore } from "../../lib/store/open_store.ts";
import { type Check, checkBlas, checkChromium, checkStore, measureBackends } from "../../tasks/doctor/checks.ts";
import { type Diagnosis, diagnosisText, exitCodeOf } from "../../tasks/doctor.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs `deno task doctor` with exactly its permissions, or with one taken away. */
async function runDoctor(args: readonly string[], without = "") {
  const command = project.tasks.doctor.command.split(" ").slice(1).filter((word) => word !== without);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...command.slice(0, 1), "--no-prompt", ...command.slice(1), ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout), errors: text.decode(stderr) };
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-doctor-test-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("doctor --json: default backend, versions, machine; leaves nothing behind", () =>
  withFolder(async (folder) => {
    const { code, output, errors } = await runDoctor(["--json", "--quick", "--out", folder]);
    assert.equal(code, 0, errors);
    assert.equal(errors, "");
    const { checks, versions, machine }: Diagnosis = JSON.parse(output);
    const of = (part: string) => checks.find((check) => check.part === part)!;
    assert.equal(of("backend wasm").status, "ok");
    assert.match(of("backend wasm").detail, /relaxed SIMD/);
    assert.equal(of("backend cpu").status, "ok");
    for (const name of ["webgpu", "tensorflow"]) {
      const check = of(`backend ${name}`);
      if (check.status !== "ok") {
        assert.match(check.remedy!, /deno add npm:|deno task setup:tensorflow|driver|another backend/);
      }
    }
    assert.equal(of(`store in ${folder}`).status, "ok");
    assert.equal(versions.deno, Deno.version.deno);
    assert.ok(Number(machine.cores) >= 1);
    assert.deepEqual(await readdir(folder), []);
  }));

Deno.test("doctor: a table, also without --allow-ffi; a bad flag is one sentence and exit code 2", async () => {
  const table = await runDoctor(["--quick", "--out", "results"], "--allow-ffi");
  assert.equal(table.code, 0, table.errors);
  assert.match(table.output, /^backend wasm +ok +own kernels/m);
  assert.match(table.output, /^system BLAS +no +.*--allow-ffi/m);
  const help = await runDoctor(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.output, /Usage: deno task doctor/);
  const bad = await runDoctor(["--jsn"]);
  assert.equal(bad.code, 2);
  assert.match(bad.errors, /^Cannot find option "--jsn": .*\n$/);
});

Deno.test("exitCodeOf: 1 only if the default backend cannot run", () => {
  const failed = { status: "failed", detail: "" } as const;
  assert.equal(exitCodeOf({ checks: [{ part: "backend wasm", ...failed }] }), 1);
  assert.equal(exitCodeOf({ checks: [{ part: "backend webgpu", ...failed }, { part: "store in x", ...failed }] }), 0);
});

Deno.test("diagnosisText: one line a part, the remedy below it", () => {
  const text = diagnosisText({
    codeVersion: "1",
    versions: { deno: "2" },
    machine: { cpu: "x", cores: 2, memoryBytes: 2 ** 31, os: "linux", arch: "y" },
    checks: [{ part: "Chromium", status: "no", detail: "not found", remedy: "install it" }],
  });
  assert.deepEqual(text.split("\n").map((line) => line.trim().replace(/ {2,}/g, " | ")), [
    "fcdl-bench | 1",
    "versions | deno 2",
    "machine | x, 2 cores, 2.0 GiB memory, linux y",
    "Chromium | no | not found",
    "to make it available: install it",
  ]);
});

Deno.test("checkStore: an existing store, a folder to be made, and one that cannot", () =>
  withFolder(async (folder) => {
    assert.match((await checkStore(join(folder, "new", "deep"))).detail, /none yet/);
    const store = await openStore(join(folder, "store.sqlite"));
    await store.addRuns([{ id: "a", suite: "one", environment: "e", method: "m", seed: 1, spec: {} }]);
    await store.close();
    assert.match((await checkStore(folder)).detail, /opens, 1 suite;/);
    await Deno.writeTextFile(join(folder, "file"), "");
    assert.equal((await checkStore(join(folder, "file"))).status, "failed");
    await Deno.mkdir(join(folder, "other"));
    await Deno.writeTextFile(join(folder, "other", "store.sqlite"), "not a database at all");
    assert.equal((await checkStore(join(folder, "other"))).status, "failed");
  }));

Deno.test("measureBackends: times of those that work, why there are none, and no wait for the reference", async () => {
  const checks: Check[] = [
    { part: "backend wasm", status: "ok", detail: "own kernels" },
    { part: "backend cpu", status: "ok", detail: "slow" },
    { part: "backend webgpu", status: "no", detail: "none" },
    { part: "backend tensorflow", status: "ok", detail: "TensorFlow 2.21.0" },
  ];
  const asked: string[] = [];
  const measured = await measureBackends(checks, {
    ask: ({ engine, what }) => {
      asked.push(`${engine} ${what}`);
      return Promise.resolve(
        engine === "wasm"
          ? { kind: "loop", times: { updateMs: 56.789, planMs: 28.01 } }
          : { kind: "failed", error: "it ended without a word" },
      );
    },
  });
  assert.deepEqual(asked, ["wasm loop", "tensorflow loop"]);
  assert.deepEqual(measured.map(({ detail }) => detail), [
    "own kernels; FCDL: 56.8 ms an update, 28.0 ms a plan",
    "slow",
    "none",
    "TensorFlow 2.21.0; not measured: it ended without a word",
  ]);
});

Deno.test("checkBlas: off, and a library that is not there", async () => {
  assert.equal((await checkBlas("off")).status, "no");
  const missing = await checkBlas("libnothing.so.9");
  assert.equal(missing.status, "failed");
  assert.match(missing.detail, /^Cannot use a system BLAS: libnothing/);
});

Deno.test("checkChromium: what is named, what is on the path", () =>
  withFolder(async (folder) => {
    assert.equal(checkChromium({ named: join(folder, "none"), path: "" }).status, "failed");
    await Deno.writeTextFile(join(folder, "chromium"), "");
    assert.equal(checkChromium({ path: folder }).status, "ok");
    assert.equal(checkChromium({ named: join(folder, "chromium"), path: "" }).status, "ok");
  }));
