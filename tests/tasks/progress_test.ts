import { deepEqual, equal, ok } from "node:assert/strict";
import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { ProgressDisplay } from "../../tasks/bench/progress_display.ts";
import { RunClock } from "../../tasks/bench/run_clock.ts";
import { formatDuration, textTable } from "../../tasks/bench/text.ts";

function counts(loop: number, updates: number) {
  return { loop, loops: 300, envSteps: loop * 10, updates };
}

Deno.test("RunClock tells speed and time left from the loops with updates", () => {
  const clock = new RunClock();
  const early = clock.measure(counts(50, 0), 1_000);
  deepEqual([early.updatesPerSecond, early.remainingMs], [null, null]);
  clock.measure(counts(100, 0), 1_500);
  // 50 updates in 10 s: 5 a second; 150 loops left at 200 ms each.
  const later = clock.measure(counts(150, 50), 11_500);
  deepEqual([later.updatesPerSecond, later.remainingMs], [5, 30_000]);
});

Deno.test("RunClock follows the speed of the last minute", () => {
  const clock = new RunClock();
  for (let second = 0; second <= 60; second++) clock.measure(counts(second + 1, second + 1), second * 1000);
  // From now on two updates a second.
  let last = clock.measure(counts(63, 63), 61_000);
  for (let second = 62; second <= 125; second++) {
    last = clock.measure(counts(63 + 2 * (second - 61), 63 + 2 * (second - 61)), second * 1000);
  }
  equal(last.updatesPerSecond, 2);
});

Deno.test("RunClock goes on with a resumed run as if it had started there", () => {
  const clock = new RunClock();
  clock.measure(counts(200, 100), 0);
  equal(clock.measure(counts(210, 110), 1_000).updatesPerSecond, 10);
});

function run(seed: number): PlannedRun {
  const spec = runSpecSchema.parse({ suite: "s", environment: { id: "e" }, method: { id: "m" }, seed });
  return { id: `${seed}`, suite: "s", environment: "e", method: "m", seed, spec };
}

const progress = { loop: 30, loops: 300, envSteps: 300, updates: 10, updatesPerSecond: 12.34, remainingMs: 90_000 };

function display(columns: number | null) {
  let written = "";
  const clock = { ms: 0 };
  const screen = { write: (text: string) => void (written += text), columns, clock: () => clock.ms };
  return {
    display: new ProgressDisplay(screen, { total: 4, finished: 1, workers: 1 }),
    clock,
    take() {
      const text = written;
      written = "";
      return text;
    },
  };
}

Deno.test("ProgressDisplay without a terminal says a plain line every 15 s", () => {
  const { display: shown, clock, take } = display(null);
  shown.show({ kind: "started", run: run(1), resumed: true });
  equal(take(), "m on e, seed 1: goes on from its checkpoint\n");
  clock.ms = 14_000;
  shown.show({ kind: "progress", run: run(1), progress, elapsedMs: 10_000 });
  equal(take(), "");
  clock.ms = 15_000;
  shown.show({ kind: "progress", run: run(1), progress, elapsedMs: 10_000 });
  // The run itself: 90 s; two more of 100 s each after it.
  equal(
    take(),
    "m on e, seed 1: 10 % (loop 30 of 300, 12.3 updates/s, 1 min 30 s left) | 1 of 4 runs, about 4 min 50 s left\n",
  );
  shown.show({ kind: "done", run: run(1), elapsedMs: 100_000 });
  equal(take(), "m on e, seed 1: done in 1 min 40 s\n");
  shown.show({ kind: "failed", run: run(2), error: "Cannot go on: NaN" });
  equal(take(), "m on e, seed 2: failed: Cannot go on: NaN\n");
});

Deno.test("ProgressDisplay redraws live lines on a terminal and never wraps them", () => {
  const { display: shown, take } = display(40);
  shown.show({ kind: "started", run: run(1), resumed: false });
  take();
  shown.show({ kind: "progress", run: run(1), progress, elapsedMs: 10_000 });
  const text = take();
  const erase = "\x1b[2A\x1b[J";
  ok(text.startsWith(erase));
  for (const line of text.slice(erase.length).split("\n")) ok(line.length <= 39, line);
  shown.close();
  equal(take(), "\x1b[2A\x1b[J");
});

Deno.test("formatDuration shows the two units that matter", () => {
  deepEqual([0, 9_900, 59_400, 60_000, 3_599_000, 3_600_000, 93_600_000].map(formatDuration), [
    ...["0.0 s", "9.9 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "26 h 0 min"],
  ]);
});

Deno.test("textTable aligns columns", () => {
  equal(textTable([["a", "n"], ["long", "1"], ["b", "22"]]), "a      n\n----  --\nlong   1\nb     22");
});
