import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { Rng } from "../../lib/core/rng.ts";
import { checkpointArtifact } from "../../lib/bench/run_recorder.ts";
import { writeAdverseSuite } from "./adverse_suite.ts";
import { bench, exists, recordsOf, runsOf, startBench, withFolder, withStore, workersOf } from "./bench_process.ts";
import { storeFile } from "../../tasks/results_folder.ts";

// deno run -A tests/e2e/kill_runs.ts [kills] [seed]: kill -9 of bench, a worker or both at random moments, 200 times, each
// followed by the same command. See the end of this file, and kill_runs_test.ts for the short form.

/** What {@link killAndResume} does. */
export interface KillOptions {
  readonly kills: number;
  /** Runs of the suite, that is its seeds. */
  readonly runs: number;
  /** Loops with updates of each. */
  readonly loops: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const targets = ["bench", "worker", "both"] as const;
type Target = typeof targets[number];

/** Which run had a checkpoint, and which were done, when the store was last looked at. */
interface Seen {
  readonly withCheckpoint: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
}

/**
 * Kills bench, a worker, or both at random moments, each time followed by the same command, in as many results folders
 * as that takes. Asserts that no run ever fails, is lost or comes twice, that no checkpoint goes but by the end of its
 * run, and that the records are those of undisturbed runs.
 *
 * @returns How many of each there were.
 */
export async function killAndResume(options: KillOptions): Promise<Readonly<Record<Target, number>>> {
  const rng = new Rng(options.seed);
  const counts = { bench: 0, worker: 0, both: 0 };
  let left = options.kills;
  await withFolder(async (folder) => {
    const suite = await writeAdverseSuite(folder, { loops: options.loops, seeds: options.runs });
    const command = (out: string) =>
      ["--suite", suite, "--workers", "2", "--checkpoint-seconds", "1", "--out", out] as const;
    const undisturbed = join(folder, "undisturbed");
    equal((await bench(...command(undisturbed))).code, 0);
    const expected = await recordsOf(undisturbed);
    for (let round = 0; left > 0; round++) {
      const out = join(folder, `round ${round}`);
      let seen: Seen = { withCheckpoint: new Set(), done: new Set() };
      while (left > 0 && seen.done.size < options.runs) {
        const target = targets[rng.integer(targets.length)]!;
        const hit = await killOnce(command(out), { out, target, rng });
        if (hit) {
          counts[target]++;
          left--;
        }
        seen = await look(out, seen);
        options.say(`${options.kills - left} kills, ${target}${hit ? "" : " missed"}; ${seen.done.size} runs done`);
      }
      const last = await bench(...command(out));
      equal(last.code, 0, last.output + last.errors);
      await look(out, seen);
      const runs = await runsOf(out);
      deepEqual(runs.map(({ seed, status, error }) => ({ seed, status, error })), expectedRuns(options.runs));
      deepEqual(await recordsOf(out), expected);
      const names = await Promise.all(runs.map(({ id }) => withStore(out, (store) => store.listArtifacts(id))));
      ok(names.flat().every(({ name }) => name !== checkpointArtifact));
      options.say(`round ${round}: all ${options.runs} runs done, ${expected.length} records equal`);
    }
  });
  return counts;
}

/** Starts the command and kills its target. @returns Whether it was still there to be killed. */
async function killOnce(
  command: readonly string[],
  { out, target, rng }: { readonly out: string; readonly target: Target; readonly rng: Rng },
): Promise<boolean> {
  const running = startBench(command);
  let isOver = false;
  const finished = running.finished.then((end) => {
    isOver = true;
    return end;
  });
  // Half of the kills while everything starts, half while a run gets further.
  if (rng.uniform() < 0.5) {
    const before = await loopsOf(out);
    while (!isOver && await loopsOf(out) <= before) await wait(100);
  } else if (target !== "bench") {
    while (!isOver && (await workersOf(running.processId)).length === 0) await wait(50);
  }
  await Promise.race([wait(4_000 * rng.uniform()), finished]);
  const workers = await workersOf(running.processId);
  const hasTarget = !isOver && (target === "bench" || workers.length > 0);
  if (hasTarget && target !== "worker") kill(running.processId, "SIGKILL");
  const victims = target === "both" ? workers : target === "worker" ? [workers[rng.integer(workers.length || 1)]] : [];
  for (const victim of victims) if (hasTarget && victim !== undefined) kill(victim, "SIGKILL");
  if (!isOver && target === "worker") {
    // bench resumes its run; some time later it is stopped, so that the same command can follow.
    await Promise.race([wait(3_000 * rng.uniform()), finished]);
    if (!isOver) kill(running.processId, "SIGINT");
  } else if (!hasTarget && !isOver) {
    kill(running.processId, "SIGINT");
  }
  const { code, output, errors } = await finished;
  // 137 is SIGKILL; 0 where all was done just before.
  ok([0, 130, 137].includes(code), `bench ended with code ${code}: ${output}${errors}`);
  ok(!/failed|Broken pipe/.test(output + errors), output + errors);
  return hasTarget && await exists(storeFile(out));
}

/** Loops that all runs have made, as far as the store was told. */
async function loopsOf(out: string): Promise<number> {
  if (!await exists(storeFile(out))) return 0;
  return (await runsOf(out)).reduce((sum, run) => sum + (run.progress?.loop ?? 0), 0);
}

/** Looks at the store and asserts that nothing was lost since the last look. */
async function look(out: string, before: Seen): Promise<Seen> {
  if (!await exists(storeFile(out))) return before;
  return await withStore(out, async (store) => {
    const withCheckpoint = new Set<string>();
    const done = new Set<string>();
    for (const { id } of await store.listRuns()) {
      // First the checkpoint: a run that ends between the two looks has none any more.
      const names = (await store.listArtifacts(id)).map(({ name }) => name);
      const { status, error } = (await store.getRun(id))!;
      ok(status !== "failed", `run ${id} failed: ${error}`);
      if (status === "done") done.add(id);
      if (names.includes(checkpointArtifact)) withCheckpoint.add(id);
      else ok(status === "done" || !before.withCheckpoint.has(id), `run ${id} lost its checkpoint (${status})`);
    }
    for (const id of before.done) ok(done.has(id), `run ${id} is no longer done`);
    return { withCheckpoint, done };
  });
}

function expectedRuns(count: number) {
  return Array.from({ length: count }, (_, k) => ({ seed: k + 1, status: "done", error: null }));
}

function kill(processId: number, signal: Deno.Signal): void {
  try {
    Deno.kill(processId, signal);
  } catch {
    // It has just ended.
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const kills = Number(Deno.args[0] ?? 200);
  const seed = Number(Deno.args[1] ?? 1);
  const startMs = performance.now();
  const counts = await killAndResume({ kills, runs: 8, loops: 400, seed, say: console.log });
  console.log(`${kills} kills (${JSON.stringify(counts)}) in ${Math.round((performance.now() - startMs) / 1000)} s`);
}
