import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import type { RunProgress } from "../../lib/records/run_records.ts";
import { fitColumns, oneLine } from "../terminal_text.ts";
import type { StoreObstacle } from "../../lib/store/store_unavailable.ts";
import { type PoolEvent, storePatience } from "../../lib/bench/mod.ts";
import { formatDuration, titleOf } from "./text.ts";

/** Without a terminal, each run says where it stands this often, ms. */
const PLAIN_EVERY_MS = 15_000;

/** Where a display writes and what it knows of it. */
export interface Screen {
  write(text: string): void;
  /** Columns of a terminal; null where lines cannot be redrawn. */
  readonly columns: number | null;
  /** Rows of a terminal: lines that have left it cannot be redrawn. */
  readonly rows: number;
  readonly clock: () => number;
}

interface Shown {
  readonly run: PlannedRun;
  progress: RunProgress | null;
  elapsedMs: number;
  saidAtMs: number;
}

const obstacles: Readonly<Record<StoreObstacle, string>> = {
  locked: "Another process keeps the store locked",
  full: "The disk is full",
  unreachable: "The store cannot be read or written",
};

/** Shows how the runs of a suite go: one live line a run on a terminal, else a plain line now and then. */
export class ProgressDisplay {
  readonly #screen: Screen;
  readonly #total: number;
  readonly #workers: number;
  readonly #active = new Map<string, Shown>();
  /** Durations of whole runs, done ones only, ms. */
  readonly #durations: number[] = [];
  /** Runs that wait for the store, and for what, as far as it was said. */
  readonly #waiting = new Set<string>();
  #saidObstacle: StoreObstacle | null = null;
  #finished: number;
  #drawnLines = 0;

  /** @param options `total` runs of which `finished` are done already; `workers` train at a time. */
  constructor(
    screen: Screen,
    options: { readonly total: number; readonly finished: number; readonly workers: number },
  ) {
    this.#screen = screen;
    this.#total = options.total;
    this.#finished = options.finished;
    this.#workers = options.workers;
  }

  /** Shows one event of the pool. */
  show(event: PoolEvent): void {
    const { run } = event;
    if (event.kind === "waiting") return this.#showWaiting(event);
    this.#endWaiting(event);
    switch (event.kind) {
      case "started":
        this.#active.set(run.id, { run, progress: null, elapsedMs: 0, saidAtMs: this.#screen.clock() });
        return this.#say(`${titleOf(run)}: ${startText(event)}`);
      case "progress":
        return this.#showProgress(event);
      case "elsewhere":
        return this.#say(`${titleOf(run)}: another process trains it; waiting for it`);
      case "retried":
        this.#active.delete(run.id);
        return this.#say(`${titleOf(run)}: its worker ended (${event.error}); trying again from its checkpoint`);
      case "done":
        this.#durations.push(event.elapsedMs);
        return this.#end(run, `done in ${formatDuration(event.elapsedMs)}`);
      case "failed":
        return this.#end(run, `failed: ${event.error}`);
      case "refused":
        return this.#end(run, event.error);
      case "left":
        return this.#end(run, `${event.error}; it can go on from its last checkpoint`);
      case "interrupted":
        return this.#end(run, "stopped; it can go on");
    }
  }

  /** Says a line above the live ones. */
  note(line: string): void {
    this.#say(line);
  }

  /** Removes the live lines. */
  close(): void {
    this.#erase();
    this.#active.clear();
  }

  #showProgress(event: Extract<PoolEvent, { kind: "progress" }>): void {
    const shown = this.#active.get(event.run.id);
    if (!shown) return;
    shown.progress = event.progress;
    shown.elapsedMs = event.elapsedMs;
    if (this.#screen.columns !== null) return this.#draw();
    const now = this.#screen.clock();
    if (now - shown.saidAtMs < PLAIN_EVERY_MS) return;
    shown.saidAtMs = now;
    this.#screen.write(`${this.#line(shown)} | ${this.#overall()}\n`);
  }

  /** One store keeps all runs waiting: it is said once. */
  #showWaiting({ run, obstacle }: Extract<PoolEvent, { kind: "waiting" }>): void {
    this.#waiting.add(run.id);
    if (this.#saidObstacle === obstacle) return this.#draw();
    this.#saidObstacle = obstacle;
    const minutes = Math.round(storePatience.totalMs / 60_000);
    this.#say(`${obstacles[obstacle]}; trying again for up to ${minutes} min, nothing is lost meanwhile`);
  }

  #endWaiting({ run, kind }: PoolEvent): void {
    if (!this.#waiting.delete(run.id) || this.#waiting.size > 0) return;
    this.#saidObstacle = null;
    if (kind !== "left" && kind !== "interrupted") this.#say("The store can be used again");
  }

  #end(run: PlannedRun, how: string): void {
    this.#active.delete(run.id);
    this.#finished++;
    this.#say(`${titleOf(run)}: ${how}`);
  }

  #say(line: string): void {
    this.#erase();
    this.#screen.write(`${oneLine(line)}\n`);
    this.#draw();
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#screen.write(`\x1b[${this.#drawnLines}A\x1b[J`);
    this.#drawnLines = 0;
  }

  #draw(): void {
    const { columns } = this.#screen;
    if (columns === null || this.#active.size === 0) return;
    this.#erase();
    const runs = [...this.#active.values()];
    const shown = runs.slice(0, Math.max(this.#screen.rows - 3, 1)).map((each) => this.#line(each));
    const hidden = runs.length - shown.length;
    const lines = [...shown, `${hidden > 0 ? `${hidden} more; ` : ""}${this.#overall()}`];
    for (const line of lines) this.#screen.write(`${fitColumns(line, Math.max(columns - 1, 1))}\n`);
    this.#drawnLines = lines.length;
  }

  #line({ run, progress }: Shown): string {
    if (this.#waiting.has(run.id)) return `${titleOf(run)}: waiting for the store`;
    if (!progress) return `${titleOf(run)}: starting`;
    const share = progress.loops > 0 ? Math.floor(100 * progress.loop / progress.loops) : 0;
    const speed = progress.updatesPerSecond === null ? "" : `, ${progress.updatesPerSecond.toFixed(1)} updates/s`;
    const left = progress.remainingMs === null ? "" : `, ${formatDuration(progress.remainingMs)} left`;
    return `${titleOf(run)}: ${share} % (loop ${progress.loop} of ${progress.loops}${speed}${left})`;
  }

  #overall(): string {
    const left = this.#remainingMs();
    return `${this.#finished} of ${this.#total} runs${left === null ? "" : `, about ${formatDuration(left)} left`}`;
  }

  /** Time left of all runs: those that train now as they say, the others as long as the mean of what is known. */
  #remainingMs(): number | null {
    const whole = [...this.#durations];
    let running = 0;
    let longest = 0;
    for (const { progress, elapsedMs } of this.#active.values()) {
      if (!progress || progress.remainingMs === null) continue;
      whole.push(elapsedMs + progress.remainingMs);
      running += progress.remainingMs;
      longest = Math.max(longest, progress.remainingMs);
    }
    if (whole.length === 0) return null;
    const mean = whole.reduce((sum, duration) => sum + duration, 0) / whole.length;
    const waiting = Math.max(this.#total - this.#finished - this.#active.size, 0);
    const lanes = Math.max(Math.min(this.#workers, this.#active.size + waiting), 1);
    return Math.max((running + waiting * mean) / lanes, longest);
  }
}

function startText({ fromLoop, change }: Extract<PoolEvent, { kind: "started" }>): string {
  if (fromLoop === 0) return "starts";
  return `goes on from its checkpoint${change === null ? "" : ` with ${change}; its page names both`}`;
}
