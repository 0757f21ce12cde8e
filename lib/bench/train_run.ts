import { parseWith } from "../core/parse.ts";
import { decodeState } from "../experiment/experiment_state.ts";
import type { Provenance } from "../records/run_records.ts";
import { runExperiment } from "../experiment/runner.ts";
import { runSpecSchema } from "../experiment/run_spec.ts";
import { specHash } from "../experiment/spec_hash.ts";
import { openStore } from "../store/open_store.ts";
import type { Store } from "../store/store.ts";
import {
  type BackendName,
  type BlasChoice,
  kernelsInUse,
  loadedLibrary,
  noBlas,
  openChosenBlas,
  runsOwnKernels,
  useBackend,
  useSystemBlas,
} from "../tensor/mod.ts";
import { provenanceOf } from "./provenance.ts";
import { checkpointArtifact, RunRecorder } from "./run_recorder.ts";
import { storePatience, withPatience } from "./store_patience.ts";
import type { WorkerMessage, WorkerOutcome } from "./worker_messages.ts";

/** One attempt at a run that is already claimed. */
export interface Attempt {
  /** Where the store is, as `openStore` takes it. */
  readonly location: string;
  readonly runId: string;
  /** Who holds the lease. */
  readonly worker: string;
  readonly backend: string;
  /** Whether a run that goes on keeps the backend it began with, where that still works. */
  readonly keepsBackend?: boolean;
  /** Absent: no system BLAS. */
  readonly blas?: BlasChoice;
  /** What this process runs, see `codeVersion`. */
  readonly codeVersion: string;
  readonly leaseMs: number;
  readonly checkpointEveryMs: number;
  /** Asks to write a checkpoint and stop. */
  readonly signal: AbortSignal;
  say(message: WorkerMessage): void;
}

/**
 * Trains a run to its end or until the signal, recording everything in the store.
 *
 * @returns How it ended; the store says the same, where it could be told.
 * @throws {Error} If the run cannot even start; nothing was changed then.
 */
export async function trainRun(attempt: Attempt): Promise<WorkerOutcome> {
  // bench has looked: a worker that starts while others write would look through all they wrote.
  const store = await patiently(attempt, () => openStore(attempt.location, { check: "never" }));
  try {
    return await trainIn(store, attempt);
  } finally {
    await store.close();
  }
}

async function trainIn(store: Store, attempt: Attempt): Promise<WorkerOutcome> {
  const { runId, worker, leaseMs, signal, codeVersion, checkpointEveryMs, say } = attempt;
  const run = await patiently(attempt, () => store.getRun(runId));
  if (!run) throw new RangeError(`Cannot train run ${runId}: not in the store, expected one that was added`);
  const spec = parseWith(runSpecSchema, run.spec, `run ${runId} of the store`);
  const checkpoint = (await patiently(attempt, () => store.getArtifact(runId, checkpointArtifact)))?.bytes;
  // Refused before anything is written: a checkpoint that does not fit must not turn into a failed run.
  const fromLoop = checkpoint ? decodeState(checkpoint, { specHash: specHash(spec), codeVersion }).loop : 0;
  // What the checkpoint was made with; an attempt that wrote none left nothing in it.
  const before = run.origins.findLast((origin) => origin.fromLoop < fromLoop)?.provenance;
  const backend = await startBackend(attempt, before?.backend);
  // A chosen library is for the own kernels; another engine has its own products.
  const choice = attempt.keepsBackend && !runsOwnKernels() ? noBlas : attempt.blas ?? noBlas;
  const blas = openChosenBlas(choice, before ? before.versions.blas ?? null : undefined);
  useSystemBlas(blas);
  try {
    const provenance = provenanceOf(backend, {
      blas: blas?.version ?? null,
      ...(backend === "wasm" ? { kernels: kernelsInUse() } : {}),
      tensorflow: loadedLibrary()?.version ?? null,
      version: codeVersion,
    });
    const recorder = new RunRecorder(store, {
      ...{ runId, worker, leaseMs, signal, say },
      earlierMs: run.elapsedMs,
      patience: storePatience,
    });
    return await recorder.record(
      runExperiment(spec, {
        ...(checkpoint ? { checkpoint } : {}),
        clock: () => performance.now(),
        checkpointEveryMs,
        signal,
        codeVersion,
      }),
      { fromLoop, provenance, change: before ? changeOf(before, provenance) : null },
    );
  } finally {
    useSystemBlas(null);
    blas?.close();
  }
}

/**
 * Makes the attempt's backend the one in use, or the one that a run began with where that is to be kept and still works.
 *
 * @returns Its name.
 */
async function startBackend({ backend, keepsBackend }: Attempt, recorded: string | undefined): Promise<string> {
  if (keepsBackend && recorded !== undefined && recorded !== backend) {
    try {
      await useBackend(recorded as BackendName);
      return recorded;
    } catch {
      // It is gone: the run goes on with what is there, and says so.
    }
  }
  await useBackend(backend as BackendName);
  return backend;
}

function patiently<Value>({ signal, say }: Attempt, work: () => Promise<Value>): Promise<Value> {
  return withPatience(work, {
    patience: storePatience,
    signal,
    onWait: ({ obstacle }) => say({ kind: "waiting", obstacle }),
  });
}

/** What a result may depend on and is not as it was, for a sentence; null where all is. */
export function changeOf(before: Provenance, now: Provenance): string | null {
  const names = {
    kernels: "kernels",
    tfjs: "TensorFlow.js",
    tensorflow: "TensorFlow",
    "pure-rand": "random numbers",
    mujoco: "MuJoCo",
  };
  const changes = [
    ["backend", before.backend, now.backend],
    ["system BLAS", before.versions.blas ?? "none", now.versions.blas ?? "none"],
    ...Object.entries(names).map(([key, name]) => [name, before.versions[key], now.versions[key]]),
    // What an earlier version did not record is not known to be other.
  ].filter(([, then, here]) => then !== undefined && here !== undefined && then !== here);
  return changes.length === 0 ? null : changes.map(([name, then, here]) => `${name} ${here} after ${then}`).join(", ");
}
