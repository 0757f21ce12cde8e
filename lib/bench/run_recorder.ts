import { messageOf } from "../core/errors.ts";
import type { ExperimentEvent } from "../experiment/events.ts";
import type { Provenance, RunProgress } from "../records/run_records.ts";
import { checkMetrics } from "../store/check_metrics.ts";
import type { Store } from "../store/store.ts";
import { RunClock } from "./run_clock.ts";
import { type Patience, withPatience } from "./store_patience.ts";
import type { WorkerMessage, WorkerOutcome } from "./worker_messages.ts";

/** Name of the artifact a run goes on from. */
export const checkpointArtifact = "checkpoint";

/** What {@link RunRecorder} needs. */
export interface RecorderOptions {
  readonly runId: string;
  /** Who holds the lease. */
  readonly worker: string;
  readonly leaseMs: number;
  /** Training time of earlier attempts, ms. */
  readonly earlierMs: number;
  readonly patience: Patience;
  /** Asks to stop: the experiment listens to it too. */
  readonly signal: AbortSignal;
  say(message: WorkerMessage): void;
}

/** The lease went to another process; nothing more may be written. */
class LeaseLost extends Error {}

/** The experiment itself cannot go on: its own words are the run's error. */
class ExperimentFailure extends Error {}

/** The experiment ran out of what this process has; another process may get further. */
class Exhausted extends Error {}

/**
 * Drives one run and writes what it says.
 *
 * Only an error of the experiment itself ends a run as failed and discards its checkpoint. Whatever else happens (the
 * store is locked, the disk full, the parent gone) leaves the run with its last checkpoint.
 */
export class RunRecorder {
  readonly #store: Store;
  readonly #options: RecorderOptions;
  readonly #clock = new RunClock();
  readonly #startMs = performance.now();

  constructor(store: Store, options: RecorderOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Records an experiment to its end.
   *
   * @param events What `runExperiment` gives; it is closed.
   * @param start Where it starts and what it is made with; `change` is what differs from before, if anything.
   */
  async record(
    events: AsyncGenerator<ExperimentEvent>,
    start: { readonly fromLoop: number; readonly provenance: Provenance; readonly change: string | null },
  ): Promise<WorkerOutcome> {
    try {
      return await this.#recordAll(events, start);
    } catch (error) {
      if (error instanceof LeaseLost) return { kind: "lost" };
      if (error instanceof Exhausted) return { kind: "died", error: error.message };
      return await this.#leave(messageOf(error));
    } finally {
      await events.return(undefined).catch(() => {}); // It is over, whatever it says to that.
    }
  }

  async #recordAll(
    events: AsyncGenerator<ExperimentEvent>,
    { fromLoop, provenance, change }: Parameters<RunRecorder["record"]>[1],
  ): Promise<WorkerOutcome> {
    const { runId, worker, say } = this.#options;
    await this.#beat(null);
    await this.#write(() => this.#store.recordOrigin(runId, { worker, fromLoop, provenance }));
    say({ kind: "started", fromLoop, change });
    try {
      while (true) {
        const event = await nextEvent(events);
        if (event === null) {
          await this.#finish({ status: "interrupted" });
          return { kind: "interrupted" };
        }
        if (event.kind === "done") {
          const elapsedMs = this.#elapsedMs;
          await this.#finish({ status: "done", discard: [checkpointArtifact] });
          return { kind: "done", elapsedMs };
        }
        await this.#recordEvent(event);
      }
    } catch (error) {
      if (!(error instanceof ExperimentFailure)) throw error;
      // What failed here would fail again from the same point: a new attempt starts over.
      await this.#finish({ status: "failed", error: error.message, discard: [checkpointArtifact] });
      return { kind: "failed", error: error.message };
    }
  }

  get #elapsedMs(): number {
    return this.#options.earlierMs + performance.now() - this.#startMs;
  }

  async #recordEvent(event: Exclude<ExperimentEvent, { kind: "done" }>): Promise<void> {
    const { runId, worker, say } = this.#options;
    const put = (artifact: { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }) =>
      this.#write(() => this.#store.putArtifact(runId, { ...artifact, worker, nowMs: Date.now() }));
    switch (event.kind) {
      case "progress": {
        const progress = this.#clock.measure(event.progress, performance.now());
        await this.#beat(progress);
        return say({ kind: "progress", progress, elapsedMs: this.#elapsedMs });
      }
      case "metrics":
        return await this.#write(() => this.#store.recordMetrics(runId, event.metrics, { worker }));
      case "artifact":
        return await put({ name: event.name, contentType: event.contentType, bytes: event.bytes });
      case "checkpoint":
        return await put({
          name: checkpointArtifact,
          contentType: "application/octet-stream",
          bytes: event.bytes,
        });
    }
  }

  /** Extends the lease: progress does, and nothing else in this process. */
  #beat(progress: RunProgress | null): Promise<void> {
    const { runId, worker, leaseMs } = this.#options;
    return this.#write(() =>
      this.#store.heartbeat(runId, {
        ...{ worker, leaseMs, nowMs: Date.now(), elapsedMs: this.#elapsedMs },
        ...(progress ? { progress } : {}),
      })
    );
  }

  #finish(end: {
    readonly status: "done" | "failed" | "interrupted";
    readonly error?: string;
    readonly discard?: readonly string[];
  }): Promise<void> {
    const { runId, worker } = this.#options;
    return this.#write(() =>
      this.#store.finish(runId, { worker, ...end, elapsedMs: this.#elapsedMs, nowMs: Date.now() })
    );
  }

  /** A write that only the holder of the lease may make. */
  async #write(work: () => Promise<boolean>): Promise<void> {
    const { patience, signal, say } = this.#options;
    const isOurs = await withPatience(work, {
      patience,
      signal,
      onWait: ({ obstacle }) => say({ kind: "waiting", obstacle }),
    });
    if (!isOurs) throw new LeaseLost();
  }

  /** Leaves the run to a later attempt. */
  async #leave(reason: string): Promise<WorkerOutcome> {
    const { runId, worker } = this.#options;
    try {
      const end = { worker, status: "interrupted", error: reason } as const;
      await this.#store.finish(runId, { ...end, elapsedMs: this.#elapsedMs, nowMs: Date.now() });
    } catch {
      // The store is what keeps the run from going on: its lease ends by itself.
    }
    return { kind: "left", error: reason };
  }
}

/** The experiment's next event, null at its end; its errors are told from all others. */
async function nextEvent(events: AsyncGenerator<ExperimentEvent>): Promise<ExperimentEvent | null> {
  try {
    const { value, done } = await events.next();
    if (done) return null;
    // A number that no store keeps is the experiment's fault, not the store's.
    if (value.kind === "metrics") checkMetrics(value.metrics);
    return value;
  } catch (error) {
    const message = messageOf(error);
    throw isExhaustion(message) ? new Exhausted(message) : new ExperimentFailure(message);
  }
}

/** Whether a message is V8's or the system's for memory or handles that are not to be had. */
function isExhaustion(message: string): boolean {
  return /allocation failed|out of memory|unable to grow|cannot allocate|too many open files|no space left/i.test(
    message,
  );
}
