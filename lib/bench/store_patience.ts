import { StoreUnavailable } from "../store/store_unavailable.ts";
import { pause } from "./pause.ts";

/** How long a store that cannot be used is tried again. */
export interface Patience {
  /** From the first failure until it is given up, ms. */
  readonly totalMs: number;
  /** The same from the moment at which the run was asked to stop, ms: who stops does not want to wait. */
  readonly stoppingMs: number;
  /** The first pause between two attempts, ms; each is twice as long as the one before. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/**
 * Ten minutes: a backup's lock and a disk that somebody clears pass within. Fifteen seconds on stopping: two of the
 * store's own waiting times for a lock and some pauses.
 */
export const storePatience: Patience = {
  totalMs: 600_000,
  stoppingMs: 15_000,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
};

/**
 * Does something with a store, again and again while the store cannot be used for a reason that may pass.
 *
 * @param work May be called more than once: it changed nothing where it rejected.
 * @param options `signal` asks to stop; `onWait` is told of every failure before the pause that follows it.
 * @throws {StoreUnavailable} If the patience is exhausted.
 * @throws What else `work` rejects with, at once.
 */
export async function withPatience<Value>(
  work: () => Promise<Value>,
  { patience, signal, onWait }: {
    readonly patience: Patience;
    readonly signal: AbortSignal;
    readonly onWait: (error: StoreUnavailable) => void;
  },
): Promise<Value> {
  let pauseMs = patience.firstPauseMs;
  let failingSinceMs: number | null = null;
  let stoppingSinceMs: number | null = null;
  while (true) {
    const startedMs = performance.now();
    if (signal.aborted) stoppingSinceMs ??= startedMs;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      failingSinceMs ??= startedMs;
      const giveUpMs = Math.min(
        failingSinceMs + patience.totalMs,
        stoppingSinceMs === null ? Infinity : stoppingSinceMs + patience.stoppingMs,
      );
      if (performance.now() + pauseMs > giveUpMs) throw error;
      onWait(error);
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, patience.longestPauseMs);
  }
}
