import { deepEqual, equal, match, ok } from "node:assert/strict";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Run } from "../../lib/store/store.ts";
import { storeFile } from "../../tasks/results_folder.ts";
import { writeAdverseSuite } from "./adverse_suite.ts";
import {
  bench,
  benchCommand,
  childrenOf,
  recordsOf,
  runsOf,
  startBench,
  untilCheckpoint,
  untilFurther,
  withFolder,
  withStore,
} from "./bench_process.ts";

const isLinux = Deno.build.os === "linux";

/** One run with a checkpoint every second, in a folder of its own. */
async function oneRun(folder: string, { loops = 500 } = {}): Promise<readonly string[]> {
  const suite = await writeAdverseSuite(folder, { loops, seeds: 1 });
  return ["--suite", suite, "--workers", "1", "--checkpoint-seconds", "1", "--out", join(folder, "out")];
}

/** The records of {@link oneRun} undisturbed. */
let undisturbed: Promise<readonly string[]> | null = null;

function expectedRecords(): Promise<readonly string[]> {
  undisturbed ??= (async () => {
    let records: readonly string[] = [];
    await withFolder(async (folder) => {
      equal((await bench(...await oneRun(folder))).code, 0);
      records = await recordsOf(join(folder, "out"));
    });
    return records;
  })();
  return undisturbed;
}

/** Asserts that the one run is done as if nothing had happened. */
async function assertDone(out: string): Promise<Run> {
  const [run] = await runsOf(out);
  equal(run!.status, "done");
  equal(run!.error, null);
  deepEqual(await recordsOf(out), await expectedRecords());
  const artifacts = await withStore(out, (store) => store.listArtifacts(run!.id));
  ok(artifacts.every(({ name }) => name !== "checkpoint"));
  return run!;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a store that somebody locks for 7 s: the run waits, says so and is done", () =>
  withFolder(async (folder) => {
    const out = join(folder, "out");
    const running = startBench(await oneRun(folder));
    await untilCheckpoint(out);
    const holder = new DatabaseSync(storeFile(out));
    holder.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    await wait(7_000);
    holder.exec("ROLLBACK");
    holder.close();
    const { code, output, errors } = await running.finished;
    equal(code, 0, output + errors);
    match(output, /Another process keeps the store locked; trying again for up to 10 min/);
    match(output, /The store can be used again/);
    await assertDone(out);
  }));

Deno.test({
  name: "a disk that takes nothing for 8 s: it is said once, and the run goes on when there is room",
  ignore: !isLinux,
  fn: () =>
    withFolder(async (folder) => {
      const disk = await mountSmallDisk(folder);
      try {
        const out = join(disk ?? folder, "out");
        const args = (await oneRun(folder)).map((arg) => arg === join(folder, "out") ? out : arg);
        // What is written beyond a limit is an error then, and no signal that ends the process.
        const running = startBench(args, { prefix: ["sh", "-c", `trap '' XFSZ; exec "$0" "$@"`] });
        await untilCheckpoint(out);
        if (disk !== null) {
          await command("sh", "-c", `dd if=/dev/zero of='${disk}/fill' bs=64k 2>/dev/null; true`);
          await wait(8_000);
          await Deno.remove(join(disk, "fill"));
        } else {
          const workers = await childrenOf(running.processId);
          for (const worker of workers) await command("prlimit", "--pid", `${worker}`, "--fsize=0:unlimited");
          await wait(8_000);
          for (const worker of workers) await command("prlimit", "--pid", `${worker}`, "--fsize=unlimited:unlimited");
        }
        const { code, output, errors } = await running.finished;
        equal(code, 0, output + errors);
        const said = disk === null ? "The store cannot be read or written" : "The disk is full";
        equal(output.match(new RegExp(`${said}; trying again for up to 10 min`, "g"))?.length, 1, output);
        match(output, /The store can be used again/);
        await assertDone(out);
      } finally {
        if (disk !== null) await command("umount", disk);
      }
    }),
});

Deno.test({
  name: "a worker that is stopped as a whole is noticed, killed and resumed; Ctrl-C does not wait for it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "out");
      const args = await oneRun(folder);
      const first = startBench(args);
      await untilCheckpoint(out);
      for (const worker of await childrenOf(first.processId)) Deno.kill(worker, "SIGSTOP");
      await wait(1_000);
      const askedMs = performance.now();
      first.kill("SIGINT");
      const stopped = await first.finished;
      ok(performance.now() - askedMs < 60_000);
      equal(stopped.code, 130, stopped.errors);
      const [run] = await runsOf(out);
      equal(run!.status, "interrupted");
      ok(await withStore(out, (store) => store.getArtifact(run!.id, "checkpoint")));

      const second = startBench(args);
      await untilFurther(out);
      for (const worker of await childrenOf(second.processId)) Deno.kill(worker, "SIGSTOP");
      const { code, output, errors } = await second.finished;
      equal(code, 0, output + errors);
      match(output, /its worker ended \(no sign of life for 30 s\); trying again from its checkpoint/);
      await assertDone(out);
    }),
});

Deno.test({
  name: "a worker that gets SIGTERM by itself is resumed: bench ends with code 0 only when all is done",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "out");
      const running = startBench(await oneRun(folder));
      await untilCheckpoint(out);
      for (const worker of await childrenOf(running.processId)) Deno.kill(worker, "SIGTERM");
      const { code, output, errors } = await running.finished;
      equal(code, 0, output + errors);
      match(output, /its worker ended \(it was asked to stop\); trying again from its checkpoint/);
      await assertDone(out);
    }),
});

Deno.test({
  name: "SIGHUP, as of a terminal that closes, stops bench like SIGTERM",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "out");
      const args = await oneRun(folder);
      const first = startBench(args);
      await untilCheckpoint(out);
      // A terminal that closes tells all processes of its group.
      for (const worker of await childrenOf(first.processId)) Deno.kill(worker, "SIGHUP");
      first.kill("SIGHUP");
      const stopped = await first.finished;
      equal(stopped.code, 130, stopped.errors);
      equal((await runsOf(out))[0]!.status, "interrupted");

      equal((await bench(...args)).code, 0);
      await assertDone(out);
    }),
});

Deno.test({
  name: "a closed output is silence: `bench | head -1` trains to the end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "out");
      const quoted = [...benchCommand, ...await oneRun(folder, { loops: 300 })].map((arg) => `'${arg}'`).join(" ");
      const script = `{ ${quoted}; echo "code $?" >&3; } 3>'${join(folder, "code")}' | head -1`;
      const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script], cwd: root }).output();
      match(new TextDecoder().decode(stdout), /^Small runs that are disturbed \(adverse\), 1 run: 1 missing\n$/);
      equal(new TextDecoder().decode(stderr), "");
      equal(await Deno.readTextFile(join(folder, "code")), "code 0\n");
      equal((await runsOf(out))[0]!.status, "done");
    }),
});

Deno.test({
  name: "power that fails while the clock is a day ahead keeps no run waiting, and --fresh is not refused",
  ignore: !isLinux,
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "out");
      const args = await oneRun(folder);
      for (const more of [[], ["--fresh"]]) {
        const running = startBench([...args, "--fresh"]);
        await untilCheckpoint(out);
        const workers = await childrenOf(running.processId);
        running.kill("SIGKILL");
        for (const worker of workers) Deno.kill(worker, "SIGKILL");
        await running.finished;
        const database = new DatabaseSync(storeFile(out));
        const { changes } = database.prepare(
          "UPDATE runs SET lease_until_ms = lease_until_ms + 86400000 WHERE lease_until_ms IS NOT NULL",
        ).run();
        equal(changes, 1);
        database.close();
        const { code, output, errors } = await bench(...args, ...more);
        equal(code, 0, output + errors);
        ok(!output.includes("another process trains it"), output);
        match(output, more.length > 0 ? /: starts\n/ : /goes on from its checkpoint\n/);
        await assertDone(out);
      }
    }),
});

Deno.test("a run that goes on with another backend keeps both origins and says so", () =>
  withFolder(async (folder) => {
    const out = join(folder, "out");
    const args = await oneRun(folder, { loops: 300 });
    const first = startBench([...args, "--backend", "cpu"]);
    await untilCheckpoint(out);
    first.kill("SIGTERM");
    equal((await first.finished).code, 130);
    const { code, output, errors } = await bench(...args, "--resume", "--backend", "wasm");
    equal(code, 0, output + errors);
    match(output, /goes on from its checkpoint with backend wasm after cpu.*; its page names both\n/);
    const [run] = await runsOf(out);
    deepEqual(run!.origins.map(({ provenance }) => provenance.backend), ["cpu", "wasm"]);
    equal(run!.origins[0]!.fromLoop, 0);
    ok(run!.origins[1]!.fromLoop > 0);
  }));

Deno.test("a run that goes on keeps its backend unless another is asked for", () =>
  withFolder(async (folder) => {
    const out = join(folder, "out");
    const args = await oneRun(folder, { loops: 300 });
    const first = startBench([...args, "--backend", "cpu"]);
    await untilCheckpoint(out);
    first.kill("SIGTERM");
    equal((await first.finished).code, 130);
    const { code, output, errors } = await bench(...args, "--resume");
    equal(code, 0, output + errors);
    match(output, /goes on from its checkpoint\n/);
    const [run] = await runsOf(out);
    ok(run!.origins.every(({ provenance }) => provenance.backend === "cpu"));
  }));

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A disk of 6 MiB; null where none may be made. The caller removes it. */
async function mountSmallDisk(folder: string): Promise<string | null> {
  const disk = join(folder, "disk");
  await Deno.mkdir(disk);
  try {
    await command("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk);
    return disk;
  } catch {
    return null;
  }
}

async function command(name: string, ...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(name, { args: [...args], stderr: "null" }).output();
  if (!success) throw new Error(`${name} failed`);
}
