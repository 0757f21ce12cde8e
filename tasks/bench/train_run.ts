import { messageOf } from "../../lib/core/errors.ts";
import { parseWith } from "../../lib/core/parse.ts";
import type { ExperimentEvent } from "../../lib/experiment/events.ts";
import { decodeState } from "../../lib/experiment/experiment_state.ts";
import { runExperiment } from "../../lib/experiment/runner.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { specHash } from "../../lib/experiment/spec_hash.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { Run, Store } from "../../lib/store/store.ts";
import { type BackendName, useBackend } from "../../lib/tensor/backend.ts";
import { useSystemBlas } from "../../lib/tensor/kernels/gemm.ts";
import { type BlasChoice, noBlas, openChosenBlas } from "./blas_choice.ts";
import { codeVersion, provenanceOf } from "./provenance.ts";
import { RunClock } from "./run_clock.ts";
import type { WorkerMessage, WorkerOutcome } from "./worker_messages.ts";

/** Name of the artifact a run goes on from. */
export const checkpointArtifact = "checkpoint";

/** One attempt at a run that is already claimed. */
export interface Attempt {
  /** Where the store is, as `openStore` takes it. */
  readonly location: string;
  readonly runId: string;
  /** Who holds the lease. */
  readonly worker: string;
  readonly backend: string;
  /** Absent: no system BLAS. */
  readonly blas?: BlasChoice;
  readonly leaseMs: number;
  readonly checkpointEveryMs: number;
  readonly signal: AbortSignal;
  say(message: WorkerMessage): void;
}

/**
 * Trains a run to its end or until the signal, recording everything in the store.
 *
 * @returns How it ended; the store says the same.
 * @throws {Error} If the run cannot even start; nothing was changed then.
 */
export async function trainRun(attempt: Attempt): Promise<Exclude<WorkerOutcome, { kind: "died" }>> {
  await useBackend(attempt.backend as BackendName);
  // bench has looked: a worker that starts while others write would look through all they wrote.
  const store = await openStore(attempt.location, { check: "never" });
  try {
    const run = await store.getRun(attempt.runId);
    if (!run) throw new RangeError(`Cannot train run ${attempt.runId}: not in the store, expected one that was added`);
    return await new RunRecorder(store, { run, attempt }).train();
  } finally {
    await store.close();
  }
}

/** The lease went to another process; nothing more may be written. */
class LeaseLost extends Error {}

/** Drives one run and writes what it says. */
class RunRecorder {
  readonly #store: Store;
  readonly #run: Run;
  readonly #attempt: Attempt;
  readonly #clock = new RunClock();
  readonly #startMs = performance.now();

  constructor(store: Store, options: { readonly run: Run; readonly attempt: Attempt }) {
    this.#store = store;
    this.#run = options.run;
    this.#attempt = options.attempt;
  }

  async train(): Promise<Exclude<WorkerOutcome, { kind: "died" }>> {
    const { runId, signal, say, checkpointEveryMs } = this.#attempt;
    const spec = parseWith(runSpecSchema, this.#run.spec, `run ${runId} of the store`);
    const checkpoint = (await this.#store.getArtifact(runId, checkpointArtifact))?.bytes;
    // Refused before anything is written: a checkpoint that does not fit must not turn into a failed run.
    const owner = { specHash: specHash(spec), codeVersion: codeVersion() };
    const fromLoop = checkpoint ? decodeState(checkpoint, owner).loop : 0;
    // What the checkpoint was made with; an attempt that wrote none left nothing in it.
    const provenance = this.#run.origins.findLast((origin) => origin.fromLoop < fromLoop)?.provenance;
    const recorded = provenance ? provenance.versions.blas ?? null : undefined;
    const blas = openChosenBlas(this.#attempt.blas ?? noBlas, recorded);
    useSystemBlas(blas);
    const events = runExperiment(spec, {
      ...(checkpoint ? { checkpoint } : {}),
      clock: () => performance.now(),
      checkpointEveryMs,
      signal,
      codeVersion: codeVersion(),
    });
    try {
      await this.#beat({});
      await this.#write(this.#store.recordOrigin(runId, {
        worker: this.#attempt.worker,
        fromLoop,
        provenance: provenanceOf(this.#attempt.backend, { blas: blas?.version ?? null }),
      }));
      say({ kind: "started", resumed: checkpoint !== undefined });
      for await (const event of events) {
        if (event.kind === "done") return await this.#finishDone();
        await this.#record(event);
      }
      await this.#finish({ status: "interrupted" });
      return { kind: "interrupted" };
    } catch (error) {
      if (error instanceof LeaseLost) return { kind: "lost" };
      // What failed here would fail again from the same point: a new attempt starts over.
      await this.#finish({ status: "failed", error: messageOf(error), discard: [checkpointArtifact] });
      return { kind: "failed", error: messageOf(error) };
    } finally {
      useSystemBlas(null);
      blas?.close();
    }
  }

  get #elapsedMs(): number {
    return this.#run.elapsedMs + performance.now() - this.#startMs;
  }

  async #record(event: Exclude<ExperimentEvent, { kind: "done" }>): Promise<void> {
    const { runId, worker } = this.#attempt;
    if (event.kind === "progress") {
      const progress = this.#clock.measure(event.progress, performance.now());
      await this.#beat({ progress });
      this.#attempt.say({ kind: "progress", progress, elapsedMs: this.#elapsedMs });
      return;
    }
    await this.#beat({});
    switch (event.kind) {
      case "metrics":
        return await this.#write(this.#store.recordMetrics(runId, event.metrics, { worker }));
      case "artifact": {
        const { name, contentType, bytes } = event;
        return await this.#write(
          this.#store.putArtifact(runId, { name, contentType, bytes, worker, nowMs: Date.now() }),
        );
      }
      case "checkpoint":
        return await this.#write(this.#store.putArtifact(runId, {
          name: checkpointArtifact,
          contentType: "application/octet-stream",
          bytes: event.bytes,
          worker,
          nowMs: Date.now(),
        }));
    }
  }

  async #write(written: Promise<boolean>): Promise<void> {
    if (!await written) throw new LeaseLost();
  }

  /** Extends the lease, and makes sure it is still ours before anything is written. */
  async #beat({ progress }: { readonly progress?: ReturnType<RunClock["measure"]> }): Promise<void> {
    const { runId, worker, leaseMs } = this.#attempt;
    const isOurs = await this.#store.heartbeat(runId, {
      worker,
      leaseMs,
      nowMs: Date.now(),
      elapsedMs: this.#elapsedMs,
      ...(progress ? { progress } : {}),
    });
    if (!isOurs) throw new LeaseLost();
  }

  async #finishDone(): Promise<{ kind: "done"; elapsedMs: number }> {
    const elapsedMs = this.#elapsedMs;
    await this.#finish({ status: "done", discard: [checkpointArtifact] });
    return { kind: "done", elapsedMs };
  }

  async #finish(end: {
    readonly status: "done" | "failed" | "interrupted";
    readonly error?: string;
    readonly discard?: readonly string[];
  }): Promise<void> {
    const { runId, worker } = this.#attempt;
    await this.#write(
      this.#store.finish(runId, { worker, ...end, elapsedMs: this.#elapsedMs, nowMs: Date.now() }),
    );
  }
}
