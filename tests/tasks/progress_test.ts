import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { ProgressDisplay } from "../../tasks/bench/progress_display.ts";
import { RunClock } from "../../lib/bench/run_clock.ts";
import { screenOf } from "../../tasks/bench/terminal.ts";
import { formatDuration, textTable, titleOf } from "../../tasks/bench/text.ts";
import { oddLabels } from "../reports/odd_labels.ts";

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
  const screen = { write: (text: string) => void (written += text), columns, rows: 24, clock: () => clock.ms };
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
  shown.show({ kind: "started", run: run(1), fromLoop: 20, change: null });
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

Deno.test("ProgressDisplay says once that the store keeps runs waiting, and that it is there again", () => {
  const { display: shown, take } = display(null);
  for (const seed of [1, 2]) shown.show({ kind: "started", run: run(seed), fromLoop: 0, change: null });
  take();
  shown.show({ kind: "waiting", run: run(1), obstacle: "full" });
  equal(take(), "The disk is full; trying again for up to 10 min, nothing is lost meanwhile\n");
  for (const seed of [2, 1, 2]) shown.show({ kind: "waiting", run: run(seed), obstacle: "full" });
  equal(take(), "");
  shown.show({ kind: "progress", run: run(1), progress, elapsedMs: 10_000 });
  equal(take(), "");
  shown.show({ kind: "progress", run: run(2), progress, elapsedMs: 10_000 });
  equal(take(), "The store can be used again\n");
  shown.show({ kind: "waiting", run: run(1), obstacle: "locked" });
  match(take(), /^Another process keeps the store locked; /);
  shown.show({ kind: "left", run: run(1), error: "Cannot store checkpoint of run 1: locked" });
  match(take(), /seed 1: Cannot store checkpoint of run 1: locked; it can go on from its last checkpoint\n$/);
});

Deno.test("ProgressDisplay says what a run that goes on is made with now", () => {
  const { display: shown, take } = display(null);
  shown.show({ kind: "started", run: run(1), fromLoop: 9, change: "backend cpu after wasm" });
  equal(take(), "m on e, seed 1: goes on from its checkpoint with backend cpu after wasm; its page names both\n");
});

Deno.test("ProgressDisplay redraws live lines on a terminal and never wraps them", () => {
  const { display: shown, take } = display(40);
  shown.show({ kind: "started", run: run(1), fromLoop: 0, change: null });
  take();
  shown.show({ kind: "progress", run: run(1), progress, elapsedMs: 10_000 });
  const text = take();
  const erase = "\x1b[2A\x1b[J";
  ok(text.startsWith(erase));
  for (const line of text.slice(erase.length).split("\n")) ok(line.length <= 39, line);
  shown.close();
  equal(take(), "\x1b[2A\x1b[J");
});

/** What a terminal of a width shows of a text with cursor codes: wide characters take two columns, full lines wrap. */
function shownOn(columns: number, text: string): string[] {
  const lines = [""];
  let row = 0;
  const wide =
    /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
  const widthOf = (line: string) =>
    [...line].reduce((sum, c) => sum + (wide.test(c) ? 2 : /\p{Mn}/u.test(c) ? 0 : 1), 0);
  for (const [token] of text.matchAll(/\p{Cc}\[(\d*)([A-Z])|[^]/gu)) {
    if (token === "\n") row++;
    else if (token.endsWith("A") && token.length > 1) row -= Number(token.slice(2, -1));
    else if (token === "\x1b[J") lines.length = row;
    else if (widthOf((lines[row] ?? "") + token) > columns) lines[++row] = token;
    else lines[row] = (lines[row] ?? "") + token;
    while (lines.length <= row) lines.push("");
  }
  return lines;
}

Deno.test("ProgressDisplay leaves no stale line of wide, odd and very long labels on any terminal", () => {
  for (const columns of [20, 40, 60, 61, 62, 63, 80]) {
    const { display: shown, take } = display(columns);
    const labels = [
      "\u6f22\u5b57\u306e\u540d\u524d\u3092\u6301\u3064\u624b\u6cd5\u306e\u5b9f\u9a13\u305d\u306e\u4e00",
      ...oddLabels,
    ];
    for (const method of labels) {
      const each = { ...run(1), method };
      shown.show({ kind: "started", run: each, fromLoop: 0, change: null });
      for (let k = 0; k < 3; k++) shown.show({ kind: "progress", run: each, progress, elapsedMs: 1000 });
      shown.show({ kind: "failed", run: each, error: "Cannot go on:\n  \x1b[2J\u6f22 is not finite" });
    }
    shown.close();
    const text = take();
    // Nothing but the codes of the display itself: up, and clear to the end.
    const raw = text.replaceAll(/\p{Cc}\[\d+A\p{Cc}\[J/gu, "");
    ok(!/(?!\n)[\p{Cc}\u202a-\u202e]/u.test(raw), "no control character is printed raw");
    // What stays, written where nothing is ever erased.
    const lasting = labels.map((method) =>
      [
        `${titleOf({ ...run(1), method }).trim()}: starts\n`,
        `${titleOf({ ...run(1), method }).trim()}: failed: Cannot go on: \\u{1b}[2J\u6f22 is not finite\n`,
      ].join("")
    ).join("");
    equal(shownOn(columns, text).join("\n"), shownOn(columns, lasting).join("\n"));
  }
});

Deno.test("ProgressDisplay draws no more lines than the terminal has", () => {
  const { display: shown, take } = display(80);
  for (let seed = 1; seed <= 40; seed++) shown.show({ kind: "started", run: run(seed), fromLoop: 0, change: null });
  take();
  shown.show({ kind: "progress", run: run(40), progress, elapsedMs: 10_000 });
  const lines = take().split("\n");
  equal(lines.length - 1, 22);
  ok(lines[21]!.startsWith("19 more; 1 of 4 runs"), lines[21]!);
});

Deno.test("screenOf: live lines on a terminal that takes cursor codes, of a known width", () => {
  const terminal = { write: () => true, isTTY: true, columns: 100, rows: 30 };
  const clock = () => 0;
  equal(screenOf(terminal, { term: "xterm", clock }).columns, 100);
  equal(screenOf(terminal, { term: undefined, clock }).columns, 100);
  equal(screenOf(terminal, { term: "dumb", clock }).columns, null);
  equal(screenOf({ ...terminal, isTTY: false }, { term: "xterm", clock }).columns, null);
  const unknown = screenOf({ ...terminal, columns: 0, rows: 0 }, { term: "xterm", clock });
  deepEqual([unknown.columns, unknown.rows], [80, 24]);
});

Deno.test("formatDuration shows the two units that matter", () => {
  deepEqual([0, 9_900, 59_400, 60_000, 3_599_000, 3_600_000, 93_600_000].map(formatDuration), [
    ...["0.0 s", "9.9 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "26 h 0 min"],
  ]);
});

Deno.test("textTable aligns columns", () => {
  equal(textTable([["a", "n"], ["long", "1"], ["b", "22"]]), "a      n\n----  --\nlong   1\nb     22");
});

Deno.test("textTable aligns wide and odd cells", () => {
  equal(
    textTable([["a", "n"], ["\u6f22\u5b57", "1"], ["e\u0301", "22"], ["x\ny", "\x1b[31m"]]),
    "a              n\n----  ----------\n\u6f22\u5b57           1\ne\u0301             22\nx\\ny  \\u{1b}[31m",
  );
});
