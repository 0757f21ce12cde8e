import process from "node:process";
import {
  onStopSignal,
  openRuns,
  type Plan,
  planSuite,
  readSuite,
  runSuite,
  type RunSuiteOptions,
  type SuiteOutcome,
  watchLimits,
} from "../../lib/bench/mod.ts";
import { messageOf } from "../../lib/core/errors.ts";
import type { Suite } from "../../lib/experiment/suite.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { StoreReader } from "../../lib/store/store.ts";
import { StoreUnavailable } from "../../lib/store/store_unavailable.ts";
import { exportSuite } from "../../reports/csv/export_suite.ts";
import { resultsFolder, storeFile } from "../results_folder.ts";
import { complain, say, shellCommand } from "../terminal_text.ts";
import { shownPath, userPath } from "../user_paths.ts";
import { benchHelp, type BenchOptions, parseBenchOptions } from "./bench_options.ts";
import { executionText } from "./execution_text.ts";
import { describePlan, describeRuns } from "./dry_run.ts";
import { choiceText, measuringText } from "./engine_text.ts";
import { ProgressDisplay } from "./progress_display.ts";
import { summaryText } from "./summary.ts";
import { screenOf } from "./terminal.ts";
import { counted, titleOf } from "./text.ts";

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
  const wanted: RunSuiteOptions = {
    source,
    location: storeFile(options.out),
    backend: options.backend,
    blas: options.blas,
    fast: options.fast,
    execution: options.execution,
    trigger: options.isScheduled ? "schedule" : "command line",
    ...(options.methods ? { methods: options.methods } : {}),
    ...(options.seeds ? { seeds: options.seeds } : {}),
    ...(options.steps === null ? {} : { steps: options.steps }),
  };
  if (!options.dryRun) return await train(suite, { wanted, options, args });
  const plan = await planSuite(suite, wanted);
  say(`${headingOf(suite, plan)}\n${executionText(plan)}\n`);
  say(await describeRuns(plan));
  say("\nNothing was written.");
  return exitCodes.done;
}

function headingOf(suite: Suite, plan: Plan): string {
  return `${suite.title} (${plan.runs[0]!.suite}), ${describePlan(plan)}`;
}

async function train(
  suite: Suite,
  { wanted, options, args }: {
    readonly wanted: RunSuiteOptions;
    readonly options: BenchOptions;
    readonly args: readonly string[];
  },
): Promise<number> {
  const stop = new AbortController();
  const kill = new AbortController();
  const shown: ProgressDisplay[] = [];
  const endings: (() => void)[] = [];
  let outcome: SuiteOutcome;
  try {
    outcome = await runSuite(suite, {
      ...wanted,
      workers: options.workers,
      fresh: options.fresh,
      checkpointEveryMs: options.checkpointEveryMs,
      stop: stop.signal,
      kill: kill.signal,
      onPlan(plan, { workers }) {
        say(headingOf(suite, plan));
        say(executionText(plan));
        if (openRuns(plan).length === 0) {
          say(`All done: nothing of execution ${plan.execution.id} is missing; --new begins another`);
        }
        const total = plan.runs.length;
        const screen = screenOf(process.stdout, { term: Deno.env.get("TERM"), clock: () => performance.now() });
        const display = new ProgressDisplay(screen, { total, finished: total - openRuns(plan).length, workers });
        shown.push(display);
        endings.push(stopWhenAsked({ stop, kill, display }), () => display.close());
      },
      onMeasure: ({ method, environment }) => say(measuringText(method, environment)),
      onChoice: (size) => say(choiceText(size)),
      onEvent: (event) => shown[0]?.show(event),
    });
  } catch (error) {
    // Before it had begun it is bad input: nothing was written.
    if (!(error instanceof StoreUnavailable) || shown.length === 0) throw error;
    shown[0]!.close();
    complain(`${error.message}; runs that are not done keep their last checkpoints. ${goOn(args)}`);
    return exitCodes.failed;
  } finally {
    for (const end of endings) end();
  }
  const { plan, problems } = outcome;
  const total = plan.runs.length;
  const left = outcome.left.length;
  if (stop.signal.aborted && left > problems.length) {
    say(`Stopped: ${total - left} of ${counted(total, "run")} done. ${goOn(args)}`);
    return exitCodes.stopped;
  }
  const isReported = await report(plan, { location: wanted.location, out: options.out });
  for (const { run, error, kind } of problems) {
    complain(kind === "failed" ? `Failed: ${titleOf(run)}: ${error}` : `${titleOf(run)}: ${error}`);
  }
  if (problems.some((problem) => problem.kind === "refused")) return exitCodes.badInput;
  // Whatever became of them: code 0 says that all runs are done.
  if (left > 0) complain(`${total - left} of ${counted(total, "run")} done. ${goOn(args)}`);
  return left > 0 || !isReported ? exitCodes.failed : exitCodes.done;
}

/** The first signal asks workers to stop, the second ends them, the third this process. */
function stopWhenAsked(
  { stop, kill, display }: {
    readonly stop: AbortController;
    readonly kill: AbortController;
    readonly display: ProgressDisplay;
  },
): () => void {
  return onStopSignal(() => {
    if (kill.signal.aborted) Deno.exit(exitCodes.stopped);
    if (stop.signal.aborted) return kill.abort();
    const minutes = Math.round(watchLimits.stoppingMs / 60_000);
    display.note(
      `Stopping: workers write their checkpoints, within ${minutes} min at most. Ctrl-C again ends them at once.`,
    );
    stop.abort();
  });
}

function goOn(args: readonly string[]): string {
  return `Go on with: ${shellCommand(["deno", "task", "bench", ...resumeArgs(args)])}`;
}

/** The same command without `--fresh`, which would forget what is to be resumed, and `--new`, which would not resume it. */
function resumeArgs(args: readonly string[]): readonly string[] {
  return args.filter((arg) => arg !== "--fresh" && arg !== "--new");
}

/** @returns Whether all could be written: the runs are done whatever becomes of tables and files. */
async function report(plan: Plan, options: { readonly location: string; readonly out: string }): Promise<boolean> {
  try {
    const store = await openStore(options.location, { readOnly: true, check: "never" });
    try {
      await showResults(plan, { store, out: options.out });
    } finally {
      await store.close();
    }
    return true;
  } catch (error) {
    complain(`${messageOf(error)}; the store has all results: deno task export writes the files`);
    return false;
  }
}

async function showResults(
  plan: Plan,
  { store, out }: { readonly store: StoreReader; readonly out: string },
): Promise<void> {
  const { suite, id } = plan.execution;
  const summary = await summaryText(store, suite, { execution: id });
  if (summary !== "") say(`\nExecution ${id}\n\n${summary}`);
  const { executions, metricsPath, summaryPath, damage } = await exportSuite(store, suite, { outDir: out });
  const other = executions[0] === id ? "" : ` (of ${executions[0]}, the last complete execution)`;
  say(`\nCSV files${other}: ${shownPath(summaryPath)}, ${shownPath(metricsPath)}`);
  const options = out === resultsFolder(undefined) ? [] : ["--out", shownPath(out)];
  say(`Pages: ${shellCommand(["deno", "task", "serve", ...options])}`);
  for (const sentence of damage) complain(`${sentence}; tables and files leave that out`);
}
