import type { RunProgress } from "../records/run_records.ts";

/** How far back the speed is measured, ms. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly atMs: number;
  readonly loop: number;
  readonly updates: number;
}

/** Tells a run's speed and time left from its progress over the last minute. */
export class RunClock {
  readonly #samples: Sample[] = [];

  /**
   * Adds what the run has done and says how fast it goes.
   *
   * @param progress Counts so far.
   * @param atMs When, on any clock that does not run backwards, ms.
   * @returns The progress with speed and time left; both null until a stretch with updates has been seen. Loops of
   * random actions are far faster than those with updates, so no time left is told from them.
   */
  measure(progress: Pick<RunProgress, "loop" | "loops" | "envSteps" | "updates">, atMs: number): RunProgress {
    this.#samples.push({ atMs, loop: progress.loop, updates: progress.updates });
    // The first sample of the window stays: one sample alone measures nothing.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - WINDOW_MS) this.#samples.shift();
    while (this.#samples.length > 1 && progress.updates > 0 && this.#samples[1]!.updates === 0) this.#samples.shift();
    const first = this.#samples[0]!;
    const elapsedMs = atMs - first.atMs;
    const updates = progress.updates - first.updates;
    const loops = progress.loop - first.loop;
    const isMeasured = elapsedMs > 0 && updates > 0 && loops > 0;
    return {
      loop: progress.loop,
      loops: progress.loops,
      envSteps: progress.envSteps,
      updates: progress.updates,
      updatesPerSecond: isMeasured ? updates * 1000 / elapsedMs : null,
      remainingMs: isMeasured ? (progress.loops - progress.loop) * elapsedMs / loops : null,
    };
  }
}
