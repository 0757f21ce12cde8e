import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openLedger, parseScheduleConfig } from "../../lib/schedule/mod.ts";
import { tickExecutionId } from "../../tasks/schedule/tick_execution.ts";
import { runConfig, type RunOptions } from "../../tasks/schedule/run.ts";

const from = Date.parse("2026-06-01T00:59:59Z");

/** A program that answers as bench does: what it was asked goes to a file, and `how` is what it then does. */
async function fakeBench(folder: string, how: string): Promise<readonly string[]> {
  const path = join(folder, "fake bench.ts");
  const log = `await Deno.writeTextFile(${
    JSON.stringify(join(folder, "log"))
  }, JSON.stringify(Deno.args) + "\\n", { append: true });`;
  await Deno.writeTextFile(path, `${log}\n${how}`);
  return [Deno.execPath(), "run", "--no-config", "--allow-write", path];
}

interface Ran {
  readonly lines: readonly string[];
  readonly complaints: readonly string[];
  readonly asked: readonly (readonly string[])[];
}

/** Runs a schedule of one entry from a second before its start, until `isEnough` of what it said. */
async function ran(
  folder: string,
  { how, isEnough, fields = {}, alerts = {} }: {
    readonly how: string;
    isEnough(line: string): boolean;
    readonly fields?: Record<string, unknown>;
    readonly alerts?: Record<string, unknown>;
  },
): Promise<Ran> {
  const schedule = [{ name: "hourly", suite: "suites/mine.json", cron: "0 * * * *", ...fields }];
  const config = parseScheduleConfig({ schedule, alerts }, { what: "test" });
  const [lines, complaints]: [string[], string[]] = [[], []];
  const stop = new AbortController();
  const begun = performance.now();
  const elapsed = () => performance.now() - begun;
  const options: RunOptions = {
    ...{ configFolder: folder, out: join(folder, "out"), benchArgs: ["--workers=1"] },
    ...{ clock: { now: () => from + elapsed(), elapsed }, signal: stop.signal },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50))),
    print(line) {
      lines.push(line);
      if (isEnough(line)) stop.abort();
    },
    complain: (line) => void complaints.push(line),
    command: await fakeBench(folder, how),
  };
  await runConfig(config, options);
  const log = await Deno.readTextFile(join(folder, "log"));
  return { lines, complaints, asked: log.trim().split("\n").map((line) => JSON.parse(line) as string[]) };
}

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a schedule starts a bench when it is due, hands on what it says, and keeps the ledger", async () => {
  await withFolder(async (folder) => {
    const { lines, asked } = await ran(folder, {
      how: `console.log("Execution e20260601-010000-abc123, code 1, wasm"); console.log("all done");`,
      fields: { methods: ["mlp", "fcdl"], seeds: "1-3" },
      isEnough: (line) => line.endsWith("complete"),
    });
    deepEqual(lines, [
      ...[
        "hourly, due 2026-06-01 01:00 UTC: started",
        "hourly: Execution e20260601-010000-abc123, code 1, wasm",
        "hourly: all done",
        "hourly, due 2026-06-01 01:00 UTC: complete",
      ],
    ]);
    const id = tickExecutionId({ entry: "hourly", dueAt: from + 1000 }, [Deno.hostname(), join(folder, "out")]);
    match(id, /^e20260601-010000-[0-9a-f]{6}$/);
    deepEqual(asked, [[
      ...["--suite", join(folder, "suites/mine.json"), "--out", join(folder, "out"), "--scheduled", id],
      ...["--methods", "mlp,fcdl", "--seeds", "1-3", "--workers=1"],
    ]]);
    const ledger = openLedger(join(folder, "out", "schedule.sqlite"));
    deepEqual((await ledger.ticks(0)).map(({ state, result, execution }) => [state, result, execution]), [
      ["finished", "complete", "e20260601-010000-abc123"],
    ]);
    ledger.close();
  });
});

Deno.test("a schedule that is stopped stops its bench by SIGTERM; the next one goes on with it at once", async () => {
  await withFolder(async (folder) => {
    const how = `Deno.addSignalListener("SIGTERM", () => { console.log("stopping"); Deno.exit(130); });
      console.log("training"); setTimeout(() => {}, 1e6);`;
    const first = await ran(folder, { how, isEnough: (line) => line.endsWith("training") });
    deepEqual(first.lines.slice(-2), ["hourly: stopping", "hourly, due 2026-06-01 01:00 UTC: stopped, can go on"]);
    const second = await ran(folder, { how: "", isEnough: (line) => line.endsWith("complete") });
    deepEqual(second.lines, [
      "hourly, due 2026-06-01 01:00 UTC: resumed",
      "hourly, due 2026-06-01 01:00 UTC: complete",
    ]);
    // The same execution, whichever of the two came to know of it.
    deepEqual(new Set(second.asked.map((args) => args[args.indexOf("--scheduled") + 1])).size, 1);
  });
});

Deno.test("a bench that fails is told to who asked for it, with its sentence", async () => {
  await withFolder(async (folder) => {
    const got: unknown[] = [];
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      got.push(await request.json());
      return new Response();
    });
    const { lines, complaints } = await ran(folder, {
      how: `console.error("Cannot find suite"); Deno.exit(2);`,
      alerts: { webhook: { url: `http://127.0.0.1:${server.addr.port}/` }, command: ["/nowhere/to be found"] },
      isEnough: (line) => line.endsWith("failed: Cannot find suite"),
    });
    await server.shutdown();
    equal(lines.at(-1), "hourly, due 2026-06-01 01:00 UTC: failed: Cannot find suite");
    equal(got.length, 1);
    match(JSON.stringify(got[0]), /"kind":"failed run".*"title":"hourly has failed"/);
    match(complaints[0]!, /^Cannot send alert "hourly has failed": the command cannot be run/);
  });
});

Deno.test("one process at a time runs the schedule of a folder", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "out"));
    const held = await Deno.open(join(folder, "out", "schedule.lock"), { create: true, write: true });
    ok(await held.tryLock(true));
    await rejects(ran(folder, { how: "", isEnough: () => true }), {
      message:
        /^Cannot run the schedule of .*: another process does, expected none, got one that holds schedule\.lock$/,
    });
    held.close();
  });
});
