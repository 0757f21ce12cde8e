import { totalmem } from "node:os";
import process from "node:process";
import { expandSuite, type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import type { Suite } from "../../lib/experiment/suite.ts";
import { refuseUnsupported } from "../../lib/experiment/unsupported.ts";
import { messageOf } from "../../lib/core/errors.ts";
import { openStore } from "../../lib/store/open_store.ts";
import { isThere } from "../../lib/store/sqlite_file.ts";
import { StoreUnavailable } from "../../lib/store/store_unavailable.ts";
import type { Store } from "../../lib/store/store.ts";
import { exportSuite } from "../../reports/csv.ts";
import { realFile, resultsFolder, storeFile } from "../results_folder.ts";
import { complain, say, shellCommand } from "../terminal_text.ts";
import { shownPath, userPath } from "../user_paths.ts";
import type { BlasChoice } from "./blas_choice.ts";
import { benchHelp, type BenchOptions, parseBenchOptions } from "./bench_options.ts";
import { describeRuns } from "./dry_run.ts";
import { addPlanned, describePlan, forgetRuns, openRuns, type Plan, planRuns, refuseDamaged } from "./plan_runs.ts";
import { ProgressDisplay } from "./progress_display.ts";
import { codeVersion } from "./provenance.ts";
import { readSuite } from "./read_suite.ts";
import { onStopSignal } from "./stop_signal.ts";
import { summaryText } from "./summary.ts";
import { screenOf } from "./terminal.ts";
import { counted, titleOf } from "./text.ts";
import { watchLimits } from "./watchdog.ts";
import { type PoolEvent, runPool } from "./worker_pool.ts";
import { startWorkerProcess } from "./worker_process.ts";

/** A worker's lease; it and its parent extend it several times within. After a power cut a run rests this long, ms. */
const LEASE_MS = 20_000;

/** Exit codes, as `--help` lists them. */
const exitCodes = { done: 0, failed: 1, badInput: 2, stopped: 130 } as const;

/**
 * Runs `deno task bench`.
 *
 * @param args The command line.
 * @returns The exit code.
 * @throws {Error} One sentence for bad input; nothing was written then.
 */
export async function bench(args: readonly string[]): Promise<number> {
  const named = Deno.env.get("FCDL_BLAS");
  const options = parseBenchOptions(args, named === undefined ? {} : { blas: named });
  if (options === "help") {
    say(benchHelp());
    return exitCodes.done;
  }
  const { suite, source } = await readSuite(options.suite, { resolve: (path) => userPath(path, { flag: "--suite" }) });
  const runs = await expandSuite(suite, {
    source,
    ...(options.methods ? { methods: options.methods } : {}),
    ...(options.seeds ? { seeds: options.seeds } : {}),
    ...(options.steps === null ? {} : { steps: options.steps }),
  });
  const blas = await checkBackend(options);
  const location = storeFile(options.out);
  if (options.dryRun) return await dryRun({ suite, runs, location });
  await refuseUnsupported(runs);
  const store = await openStore(location, { check: "always" });
  try {
    const plan = await planRuns(runs, store);
    if (options.fresh) await forgetRuns(plan, store);
    else refuseDamaged(plan);
    await addPlanned(runs, store);
    const current = await planRuns(runs, store);
    say(`${suite.title} (${runs[0]!.suite}), ${describePlan(current)}`);
    return await train(current, { store, location, options, args, blas });
  } finally {
    await store.close();
  }
}

/** Workers would each say the same, after their runs were claimed. */
async function checkBackend({ backend, blas }: BenchOptions): Promise<BlasChoice> {
  // Loaded when needed: help and wrong flags answer without a tensor library.
  const { useBackend } = await import("../../lib/tensor/mod.ts");
  await useBackend(backend as Parameters<typeof useBackend>[0]);
  const { chooseBlas } = await import("./blas_choice.ts");
  return chooseBlas(blas);
}

async function dryRun(
  { suite, runs, location }: { readonly suite: Suite; readonly runs: readonly PlannedRun[]; readonly location: string },
): Promise<number> {
  const store = isThere(location) ? await openStore(location, { readOnly: true }) : null;
  try {
    const plan = await planRuns(runs, store);
    say(`${suite.title} (${runs[0]!.suite}), ${describePlan(plan)}\n`);
    say(await describeRuns(plan));
    say("\nNothing was written.");
    return exitCodes.done;
  } finally {
    await store?.close();
  }
}

interface Session {
  readonly store: Store;
  readonly location: string;
  readonly options: BenchOptions;
  readonly args: readonly string[];
  readonly blas: BlasChoice;
}

async function train(plan: Plan, { store, location, options, args, blas }: Session): Promise<number> {
  const open = openRuns(plan);
  const total = plan.runs.length;
  const workers = Math.max(Math.min(options.workers, open.length), 1);
  const screen = screenOf(process.stdout, { term: Deno.env.get("TERM"), clock: () => performance.now() });
  const display = new ProgressDisplay(screen, { total, finished: total - open.length, workers });
  const stop = new AbortController();
  const kill = new AbortController();
  const forget = onStopSignal(() => {
    if (kill.signal.aborted) Deno.exit(exitCodes.stopped);
    if (stop.signal.aborted) return kill.abort();
    const minutes = Math.round(watchLimits.stoppingMs / 60_000);
    display.note(
      `Stopping: workers write their checkpoints, within ${minutes} min at most. Ctrl-C again ends them at once.`,
    );
    stop.abort();
  });
  const problems: Problem[] = [];
  try {
    await runPool({
      store,
      location: realFile(location).path,
      writableFolder: realFile(location).folder,
      runs: open,
      workers,
      backend: options.backend,
      blas,
      codeVersion,
      leaseMs: LEASE_MS,
      checkpointEveryMs: options.checkpointEveryMs,
      heapMiB: heapMiB(workers),
      stop: stop.signal,
      kill: kill.signal,
      startWorker: startWorkerProcess,
      onEvent(event) {
        if (isProblem(event)) problems.push(event);
        display.show(event);
      },
    });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    display.close();
    complain(`${error.message}; runs that are not done keep their last checkpoints. ${goOn(args)}`);
    return exitCodes.failed;
  } finally {
    forget();
    display.close();
  }
  const left = openRuns(await planRuns(plan.runs, store)).length;
  if (stop.signal.aborted && left > problems.length) {
    say(`Stopped: ${total - left} of ${counted(total, "run")} done. ${goOn(args)}`);
    return exitCodes.stopped;
  }
  const isReported = await report(plan, { store, out: options.out });
  problems.sort((a, b) => plan.runs.indexOf(a.run) - plan.runs.indexOf(b.run));
  for (const { run, error, kind } of problems) {
    complain(kind === "failed" ? `Failed: ${titleOf(run)}: ${error}` : `${titleOf(run)}: ${error}`);
  }
  if (problems.some((problem) => problem.kind === "refused")) return exitCodes.badInput;
  // Whatever became of them: code 0 says that all runs are done.
  if (left > 0) complain(`${total - left} of ${counted(total, "run")} done. ${goOn(args)}`);
  return left > 0 || !isReported ? exitCodes.failed : exitCodes.done;
}

/** A run that was not done for another reason than that somebody stopped it. */
type Problem = Extract<PoolEvent, { kind: "failed" | "refused" | "left" }>;

function isProblem(event: PoolEvent): event is Problem {
  return event.kind === "failed" || event.kind === "refused" || event.kind === "left";
}

function goOn(args: readonly string[]): string {
  return `Go on with: ${shellCommand(["deno", "task", "bench", ...resumeArgs(args)])}`;
}

/** The same command without `--fresh`, which would forget what is to be resumed. */
function resumeArgs(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg !== "--fresh");
}

/** @returns Whether all could be written: the runs are done whatever becomes of tables and files. */
async function report(plan: Plan, options: { readonly store: Store; readonly out: string }): Promise<boolean> {
  try {
    await showResults(plan, options);
    return true;
  } catch (error) {
    complain(`${messageOf(error)}; the store has all results: deno task export writes the files`);
    return false;
  }
}

async function showResults(
  plan: Plan,
  { store, out }: { readonly store: Store; readonly out: string },
): Promise<void> {
  const suite = plan.runs[0]!.suite;
  const summary = await summaryText(store, suite);
  if (summary !== "") say(`\n${summary}`);
  const { metricsPath, summaryPath, damage } = await exportSuite(store, suite, { outDir: out });
  say(`\nCSV files: ${shownPath(summaryPath)}, ${shownPath(metricsPath)}`);
  const options = out === resultsFolder(undefined) ? [] : ["--out", shownPath(out)];
  say(`Pages: ${shellCommand(["deno", "task", "serve", ...options])}`);
  for (const sentence of damage) complain(`${sentence}; tables and files leave that out`);
}

/** Bound of a worker's JavaScript heap: its share of four fifths of the memory, at most 4 GiB. */
function heapMiB(workers: number): number {
  const share = Math.floor(totalmem() * 0.8 / workers / 2 ** 20);
  return Math.max(Math.min(share, 4096), 256);
}
