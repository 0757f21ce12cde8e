import { existsSync, realpathSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Source } from "../core/json_text.ts";
import { expandSuite, type PlannedRun, type SuiteSelection } from "../experiment/expand_suite.ts";
import type { Suite } from "../experiment/suite.ts";
import { refuseUnsupported } from "../experiment/unsupported.ts";
import { openStore } from "../store/open_store.ts";
import { isThere } from "../store/sqlite_file.ts";
import type { Store } from "../store/store.ts";
import type { Engine, Trigger } from "../records/execution.ts";
import type { BackendName, BlasChoice } from "../tensor/mod.ts";
import { type ExecutionChoice, type ExecutionRequest, settingsHash } from "./choose_execution.ts";
import { codeIdentity } from "./code_hash.ts";
import { addPlanned, forgetRuns, openRuns, type Plan, planAgain, planRuns, refuseDamaged } from "./plan_runs.ts";
import { type AskEngine, askInProcess } from "./engines/ask_engine.ts";
import type { ChooseOptions } from "./engines/choose_engines.ts";
import { engineFile, fileCache } from "./engines/engine_cache.ts";
import { safeEngine } from "./engines/engine_findings.ts";
import type { PoolEvent, PoolOptions } from "./pool_options.ts";
import { codeVersion, provenanceOf } from "./provenance.ts";
import { runPool } from "./worker_pool.ts";
import { startWorkerProcess } from "./worker_process.ts";

/** A worker's lease; it and its parent extend it several times within. After a power cut a run rests this long, ms. */
const LEASE_MS = 20_000;

const CHECKPOINT_EVERY_MS = 30_000;

/** Which runs of a suite, where they are kept, and what computes them. */
export interface SuiteOptions extends SuiteSelection {
  /** The store: a file or an address as `openStore` takes it. */
  readonly location: string;
  /** Names the suite in errors, as `readSuite` gives it. */
  readonly source?: Source;
  /** `auto` (when absent): for each run the fastest that is measured to compute rightly, `wasm` when in doubt. */
  readonly backend?: string;
  /** `auto` (when absent), `off`, or the name or path of a system BLAS. */
  readonly blas?: string;
  /** Which execution of the suite; `same` when absent. */
  readonly execution?: ExecutionChoice;
  /** What begins it; `API` when absent. */
  readonly trigger?: Trigger;
  /** Unix time that executions and leases are dated by, ms; this machine's when absent. */
  now?(): number;
}

/** How {@link runSuite} goes about it. */
export interface RunSuiteOptions extends SuiteOptions, Partial<Pick<PoolOptions, "startWorker" | "onEvent">> {
  /** Worker processes at a time, at most; one a core when absent. */
  readonly workers?: number;
  /** Forgets the results of exactly these runs first. */
  readonly fresh?: boolean;
  readonly checkpointEveryMs?: number;
  /** Answers how fast an engine is, in place of a process of its own. */
  readonly ask?: AskEngine;
  /** Aborted: workers write a checkpoint and stop. */
  readonly stop?: AbortSignal;
  /** Aborted: workers are ended at once. */
  readonly kill?: AbortSignal;
  /** Is told what there is to do before the first worker starts, and how many workers there will be at a time. */
  onPlan?(plan: Plan, options: { readonly workers: number }): void;
  /** Is told what `auto` measures, and what it takes; not where there is one backend. */
  onMeasure?: ChooseOptions["onMeasure"];
  onChoice?: ChooseOptions["onChoice"];
}

/** A run that was not done for another reason than that somebody stopped it. */
export type Problem = Extract<PoolEvent, { kind: "failed" | "refused" | "left" }>;

/** What became of a suite's runs. */
export interface SuiteOutcome {
  /** All runs, as they stand in the store now. */
  readonly plan: Plan;
  /** Those that are not done. */
  readonly left: readonly PlannedRun[];
  /** In the order of the plan. */
  readonly problems: readonly Problem[];
}

/**
 * What {@link runSuite} would do; writes nothing. The backend is in use afterwards.
 *
 * @throws {Error} One sentence for bad input, as that does.
 */
export async function planSuite(suite: Suite, options: SuiteOptions): Promise<Plan> {
  const { runs, request } = await prepare(suite, options);
  const store = isThere(options.location) ? await openStore(options.location, { readOnly: true }) : null;
  try {
    return await planRuns(runs, { store, request });
  } finally {
    await store?.close();
  }
}

/**
 * Trains and evaluates what of a suite is not done yet, in worker processes, and records it in a store. Issued again it
 * goes on where it ended, by whatever it ended; several processes may do so at once on one store.
 *
 * The caller needs the permissions of `deno task bench`: workers are processes of this program.
 *
 * @example A program that trains one method of a built-in suite and reads what came of it.
 * ```ts
 * import { readSuite, runSuite } from "./mod.ts";
 * import { openStore } from "../store/open_store.ts";
 *
 * const location = `${await Deno.makeTempDir()}/store.sqlite`;
 * const { suite } = await readSuite("smoke");
 * const { left } = await runSuite(suite, { location, methods: ["mlp"], seeds: [1], steps: 2, blas: "off" });
 * if (left.length > 0) throw new Error(`${left.length} runs are not done`);
 * const store = await openStore(location, { readOnly: true });
 * const returns = await store.queryMetrics({ metrics: [{ name: "return", qualifier: "" }], last: true });
 * await store.close();
 * if (returns.length === 0) throw new Error("nothing was recorded");
 * ```
 *
 * @throws {Error} One sentence for bad input: a name, an option, a store of other settings; nothing was written then.
 * @throws {StoreUnavailable} If the store could not be used for long; runs keep their last checkpoints.
 */
export async function runSuite(suite: Suite, options: RunSuiteOptions): Promise<SuiteOutcome> {
  const { runs, request, isAutomatic, blasFor } = await prepare(suite, options);
  await refuseUnsupported(runs);
  const store = await openStore(options.location, { check: "always" });
  try {
    const found = await planRuns(runs, { store, request });
    if (options.fresh) await forgetRuns(found, store, options);
    else refuseDamaged(found);
    const opened = await addPlanned(runs, { store, request });
    const problems = await train(opened, {
      ...options,
      ...{ store, isAutomatic, blas: blasFor(opened.execution.engine) },
    });
    const plan = await planAgain(opened, store);
    return { plan, left: openRuns(plan), problems };
  } finally {
    await store.close();
  }
}

/** What a suite is trained by. */
interface Prepared {
  readonly runs: readonly PlannedRun[];
  readonly request: ExecutionRequest;
  /** Whether each run has the backend that is measured to be the best one. */
  readonly isAutomatic: boolean;
  /** The library for the workers of an execution that was begun with an engine. */
  blasFor(engine: Engine): BlasChoice;
}

/** What is wrong with names, options or the backend is said here, once for all workers. */
async function prepare(
  suite: Suite,
  { backend: asked = "auto", blas = "auto", execution = "same", trigger = "API", now = Date.now, ...selection }:
    SuiteOptions,
): Promise<Prepared> {
  const runs = await expandSuite(suite, selection);
  // Loaded when needed: who only names suites or shows help waits for no tensor library.
  const { chooseBlas, useBackend } = await import("../tensor/mod.ts");
  const { engineOf } = await import("./engine.ts");
  const { enginesHere } = await import("./engines/choose_engines.ts");
  const isAutomatic = asked === "auto";
  // One that has no rival is what it is; else the choice is each run's.
  const backend = isAutomatic && Object.keys(enginesHere()).length === 1 ? safeEngine : asked;
  await useBackend((backend === "auto" ? safeEngine : backend) as BackendName);
  const chosen = chooseBlas(blas);
  const { methods: _, ...general } = selection;
  const whole = await expandSuite(suite, { ...general, seeds: [0] });
  const request = {
    choice: execution,
    settings: settingsHash(whole),
    code: codeIdentity(),
    engineFor: (recorded?: Engine) => engineOf(chosen, { backend, recorded }).engine,
    machine: provenanceOf(backend).machine,
    ...{ trigger, now },
  };
  return { runs, request, isAutomatic, blasFor: (recorded) => engineOf(chosen, { backend, recorded }).blas };
}

async function train(
  plan: Plan,
  { store, blas, isAutomatic, location, onPlan, onEvent, ...options }: Omit<RunSuiteOptions, "blas"> & {
    readonly store: Store;
    readonly isAutomatic: boolean;
    readonly blas: BlasChoice;
  },
): Promise<readonly Problem[]> {
  const open = openRuns(plan);
  const workers = Math.max(Math.min(options.workers ?? availableParallelism(), open.length), 1);
  // With symbolic links followed: permissions are of the file's own path.
  const path = existsSync(location) ? realpathSync(location) : resolve(location);
  const never = new AbortController().signal;
  const problems: Problem[] = [];
  const engines = isAutomatic ? await enginesOf(open, { ...options, workers, blas, folder: dirname(path) }) : null;
  onPlan?.(plan, { workers });
  await runPool({
    startWorker: startWorkerProcess,
    ...options,
    ...{ store, workers, blas, codeVersion, location: path, writableFolder: dirname(path), runs: open },
    backend: isAutomatic ? safeEngine : options.backend!,
    ...(engines ? { engines } : {}),
    leaseMs: LEASE_MS,
    checkpointEveryMs: options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS,
    heapMiB: heapMiB(workers),
    stop: options.stop ?? never,
    kill: options.kill ?? never,
    onEvent(event) {
      if (isProblem(event)) problems.push(event);
      onEvent?.(event);
    },
  });
  return problems.sort((a, b) => plan.runs.indexOf(a.run) - plan.runs.indexOf(b.run));
}

/** The engine of each run that is still to be done. */
async function enginesOf(
  runs: readonly PlannedRun[],
  { workers, blas, folder, ask, stop, onMeasure, onChoice }:
    & Pick<RunSuiteOptions, "ask" | "stop" | "onMeasure" | "onChoice">
    & { readonly workers: number; readonly blas: BlasChoice; readonly folder: string },
): Promise<ReadonlyMap<string, string>> {
  // It loads the tensor library.
  const { chooseEngines } = await import("./engines/choose_engines.ts");
  return await chooseEngines(runs, {
    ...(stop ? { signal: stop } : {}),
    ...{ workers, blas: blas.library, cache: fileCache(join(folder, engineFile)), ask: ask ?? askInProcess },
    ...(onMeasure ? { onMeasure } : {}),
    ...(onChoice ? { onChoice } : {}),
  });
}

function isProblem(event: PoolEvent): event is Problem {
  return event.kind === "failed" || event.kind === "refused" || event.kind === "left";
}

/** Bound of a worker's JavaScript heap: its share of four fifths of the memory, at most 4 GiB. */
function heapMiB(workers: number): number {
  const share = Math.floor(totalmem() * 0.8 / workers / 2 ** 20);
  return Math.max(Math.min(share, 4096), 256);
}
