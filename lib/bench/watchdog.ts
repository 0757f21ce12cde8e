import { minOf } from "../core/extremes.ts";

/** After what time without a word a worker counts as hung. */
export interface WatchLimits {
  /**
   * Without a sign of life, ms. A thread of its own gives one every {@link SIGN_OF_LIFE_MS}, however busy the worker is:
   * only a process that is stopped or stuck as a whole is silent.
   */
  readonly lifeMs: number;
  /** Without progress, ms: far above the longest step of the slowest backend, to catch one that never ends. */
  readonly progressMs: number;
  /** The same two once it was asked to stop; the second counts from then on. */
  readonly stoppingLifeMs: number;
  readonly stoppingMs: number;
}

/** Time between two signs of life, ms. */
export const SIGN_OF_LIFE_MS = 3_000;

/** The limits of `bench`. */
export const watchLimits: WatchLimits = {
  lifeMs: 30_000,
  progressMs: 900_000,
  stoppingLifeMs: 10_000,
  stoppingMs: 120_000,
};

const LONGEST_TICK_MS = 1_000;

/**
 * Watches one worker. It counts the time in which it looks itself: a machine that slept, or a terminal that suspended
 * both processes, is no silence of the worker's.
 */
export class Watchdog {
  readonly #limits: WatchLimits;
  readonly #onHung: (reason: string) => void;
  readonly #tickMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #lookedMs = performance.now();
  /** Time since the last sign, ms; null before the first sign of life. */
  #sinceLifeMs: number | null = null;
  #sinceProgressMs = 0;
  #sinceStopMs: number | null = null;

  /** @param options `onHung` is told why, once. */
  constructor(options: { readonly limits: WatchLimits; readonly onHung: (reason: string) => void }) {
    this.#limits = options.limits;
    this.#onHung = options.onHung;
    this.#tickMs = minOf([LONGEST_TICK_MS, ...Object.values(options.limits).map((limit) => limit / 4)]);
    this.#timer = setInterval(() => this.#look(), this.#tickMs);
  }

  /** The worker's process runs. */
  sawLife(): void {
    this.#passTime();
    this.#sinceLifeMs = 0;
  }

  /** The run got further, or waits for the store and says so. */
  sawProgress(): void {
    this.#passTime();
    if (this.#sinceLifeMs !== null) this.#sinceLifeMs = 0;
    this.#sinceProgressMs = 0;
  }

  /** The worker was asked to stop. */
  stopping(): void {
    this.#passTime();
    this.#sinceStopMs ??= 0;
  }

  /** Time since the last progress, ms, as far as it was watched. */
  get idleMs(): number {
    this.#passTime();
    return this.#sinceProgressMs;
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#passTime();
    const reason = this.#reason();
    if (reason === null) return;
    this.close();
    this.#onHung(reason);
  }

  #passTime(): void {
    const now = performance.now();
    // A tick that comes far too late means that this process did not run either.
    const passedMs = Math.min(now - this.#lookedMs, 2 * this.#tickMs);
    this.#lookedMs = now;
    this.#sinceProgressMs += passedMs;
    if (this.#sinceLifeMs !== null) this.#sinceLifeMs += passedMs;
    if (this.#sinceStopMs !== null) this.#sinceStopMs += passedMs;
  }

  #reason(): string | null {
    const { lifeMs, progressMs, stoppingLifeMs, stoppingMs } = this.#limits;
    const isStopping = this.#sinceStopMs !== null;
    const lifeLimitMs = isStopping ? stoppingLifeMs : lifeMs;
    if (this.#sinceLifeMs !== null && this.#sinceLifeMs > lifeLimitMs) {
      return `no sign of life for ${inWords(lifeLimitMs)}`;
    }
    if (isStopping) return this.#sinceStopMs! > stoppingMs ? `it did not stop within ${inWords(stoppingMs)}` : null;
    return this.#sinceProgressMs > progressMs ? `no progress for ${inWords(progressMs)}` : null;
  }
}

function inWords(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;
}
