import { metricText } from "../../lib/records/metric_id.ts";
import { ok } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import { openStore } from "../../lib/store/open_store.ts";
import type { Run, Store } from "../../lib/store/store.ts";
import { storeFile } from "../../tasks/results_folder.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a finished `bench` said. */
export interface Finished {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A `bench` that runs. */
export interface Bench {
  readonly processId: number;
  readonly finished: Promise<Finished>;
  kill(signal: Deno.Signal): void;
}

/** Starts `deno task bench`; `prefix` is a command that runs it. */
export function startBench(args: readonly string[], options: { readonly prefix?: readonly string[] } = {}): Bench {
  return startTask("bench", args, options);
}

/** Runs a task to its end. */
export function task(name: "bench" | "export", ...args: string[]): Promise<Finished> {
  return startTask(name, args).finished;
}

/** Starts a task as deno.json has it, less the task runner, so that a signal reaches it alone. */
function startTask(
  name: "bench" | "export",
  args: readonly string[],
  { prefix = [] }: { readonly prefix?: readonly string[] } = {},
): Bench {
  // Exactly the task's permissions: one that is missing must fail here.
  const [program, ...rest] = [...prefix, Deno.execPath(), ...project.tasks[name].command.split(" ").slice(1), ...args];
  const child = new Deno.Command(program!, {
    args: rest,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return {
    processId: child.pid,
    finished: child.output().then(({ code, stdout, stderr }) => ({
      code,
      output: new TextDecoder().decode(stdout),
      errors: new TextDecoder().decode(stderr),
    })),
    kill: (signal) => child.kill(signal),
  };
}

/** The command line of `deno task bench`, less its arguments and the task runner. */
export const benchCommand: readonly string[] = [
  Deno.execPath(),
  ...project.tasks.bench.command.split(" ").slice(1),
];

/** Runs `bench` to its end. */
export function bench(...args: string[]): Promise<Finished> {
  return startBench(args).finished;
}

/** A results folder that is removed afterwards. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  // A space and a comma, which flags and permissions must survive.
  const folder = await Deno.makeTempDir({ prefix: "my bench, " });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads a results folder. */
export async function withStore<Value>(folder: string, read: (store: Store) => Promise<Value>): Promise<Value> {
  const store = await openStore(storeFile(folder));
  try {
    return await read(store);
  } finally {
    await store.close();
  }
}

/** The runs of a results folder. */
export function runsOf(folder: string): Promise<readonly Run[]> {
  return withStore(folder, (store) => store.listRuns());
}

/**
 * All records of a results folder but those that measure time and memory, by what their run is: the same run has another
 * id in another execution.
 */
export function recordsOf(folder: string): Promise<readonly string[]> {
  return withStore(folder, async (store) => {
    const runs = new Map((await store.listRuns()).map((run) => [run.id, run]));
    const rows = await store.queryMetrics({});
    return rows.filter((row) => row.name !== "cost").map((row) => {
      const { environment, method, seed } = runs.get(row.runId)!;
      return [environment, method, seed, row.split, metricText(row), row.updates, row.envSteps, row.value].join(" ");
    });
  });
}

/** Waits until a run trains and has a checkpoint to go on from. */
export async function untilCheckpoint(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 2400; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!await exists(storeFile(folder))) continue;
    const isThere = await withStore(folder, async (store) => {
      for (const run of await store.listRuns({ status: ["running"] })) {
        if ((run.progress?.updates ?? 0) > 0 && await store.getArtifact(run.id, "checkpoint")) return true;
      }
      return false;
    });
    if (isThere) return;
  }
  throw new Error("no run wrote a checkpoint within 2 min");
}

/** Waits until a run gets further than it is now. */
export async function untilFurther(folder: string): Promise<void> {
  const loop = async () => (await runsOf(folder)).reduce((sum, run) => sum + (run.progress?.loop ?? 0), 0);
  const before = await loop();
  for (let attempt = 0; attempt < 2400; attempt++) {
    if (await loop() > before) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no run got further within 2 min");
}

/** Worker processes of a bench, by their ids (Linux); there must be one. */
export async function childrenOf(processId: number): Promise<readonly number[]> {
  const children = await workersOf(processId);
  ok(children.length > 0, "expected a worker process");
  return children;
}

/** Worker processes of a bench, by their ids (Linux). */
export async function workersOf(processId: number): Promise<readonly number[]> {
  const children: number[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const stat = await Deno.readTextFile(join("/proc", entry.name, "stat"));
      // After the name in brackets: state, parent.
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parent !== processId) continue;
      const command = await Deno.readTextFile(join("/proc", entry.name, "cmdline"));
      if (command.includes("worker.ts")) children.push(Number(entry.name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return children;
}

/** Whether a path is there. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
