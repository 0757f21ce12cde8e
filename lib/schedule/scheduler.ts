import { messageOf } from "../core/errors.ts";
import { cronTimes } from "./cron_times.ts";
import { type Ledger, type LedgerChange, type Mark, missedTick, type Tick } from "./ledger.ts";
import { planTicks } from "./plan_ticks.ts";
import type { ScheduleConfig, ScheduleEntry } from "./schedule_config.ts";

/** What tells a schedule the time. */
export interface ScheduleClock {
  /** Ms since 1970, UTC, as the machine believes; it may jump both ways. */
  now(): number;
  /** Ms since any moment; it never jumps. */
  elapsed(): number;
}

/** One stretch of an execution. */
export interface Stretch {
  readonly entry: ScheduleEntry;
  /** `stretches` is 1 for a new one; a later one goes on with `execution`, where that is known. */
  readonly tick: Tick;
  /** Aborts when it has to stop and leave what it has resumable. */
  readonly signal: AbortSignal;
  /** To be called as soon as the execution's id is known. */
  onExecution(id: string): void;
}

/** How a stretch ended: `stopped` leaves something to go on with. */
export interface StretchEnd {
  readonly result: "complete" | "failed" | "stopped";
  readonly error?: string;
}

/** What a schedule does, as it does it. */
export interface ScheduleEvent {
  readonly kind: "started" | "resumed" | "stopped" | "finished" | "missed";
  readonly tick: Tick;
}

/** What a schedule is made of. */
export interface SchedulerOptions {
  readonly config: ScheduleConfig;
  readonly ledger: Ledger;
  readonly clock: ScheduleClock;
  /** Runs a stretch. A rejection is a failure of the execution. */
  execute(stretch: Stretch): Promise<StretchEnd>;
  onEvent?(event: ScheduleEvent): void;
}

/** Stretches in a row that may end by themselves before their end; then the execution has failed. */
const MOST_BREAKS = 5;

/** Rest before an execution that ended by itself before its end is gone on with, ms. */
const REST_MS = 60_000;

interface Live {
  readonly entry: ScheduleEntry;
  readonly stop: AbortController;
  /** Of the ledger, with what came to be known since. */
  tick: Tick;
  /** Of the clock, when `tick.spentMs` was noted. */
  notedAt: number;
  isOverBudget: boolean;
}

/**
 * Starts what is due, never a suite beside itself, and keeps the ledger. One process at a time may use a ledger.
 *
 * What has started goes on first, then what waits by priority and time. A process that is killed leaves a ledger from
 * which the next one goes on: ticks and how far was looked are written in one piece, a tick as started before it runs.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #live = new Map<string, Live>();
  readonly #breaks = new Map<string, { readonly count: number; readonly restUntil: number }>();
  /** Writers wait for each other: each reads the ledger first. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #settled = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Looks at the clock, accounts for what became due, and starts what can start. */
  step(): Promise<void> {
    return this.#inTurn(() => this.#step());
  }

  /** Ms from now to when the next step has something to do, if nothing else happens; null if never. */
  nextStepMs(): number | null {
    const { config, clock } = this.#options;
    const now = this.#now();
    let next = Infinity;
    for (const { cron, timeZone } of config.entries) {
      next = Math.min(next, (cronTimes(cron, timeZone).after(now) ?? Infinity) - now);
    }
    for (const live of this.#live.values()) next = Math.min(next, this.#budgetLeftMs(live));
    for (const { restUntil } of this.#breaks.values()) next = Math.min(next, restUntil - clock.elapsed());
    return next === Infinity ? null : Math.max(0, next);
  }

  /** Asks all that runs to stop; resolves when it has, and the ledger says what is left to go on with. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#last;
    for (const { stop } of this.#live.values()) stop.abort();
    await Promise.all(this.#settled);
  }

  async #step(): Promise<void> {
    const { config, ledger } = this.#options;
    if (this.#isStopping) return;
    const now = this.#now();
    const marks = new Map((await ledger.marks()).map((mark) => [mark.entry, mark]));
    const names = new Set(config.entries.map(({ name }) => name));
    const ticks = await ledger.ticks(sinceOf([...marks.values()].filter(({ entry }) => names.has(entry)), now));
    const changes = [
      ...config.entries.map((entry) =>
        planTicks(entry, {
          mark: marks.get(entry.name) ?? null,
          ticks: ticks.filter((tick) => tick.entry === entry.name),
          now,
        })
      ),
      removed({
        marks: [...marks.values()].filter(({ entry }) => !names.has(entry)),
        ticks: ticks.filter(({ entry }) => !names.has(entry)),
        now,
      }),
    ];
    this.#noteTimes();
    const planned: LedgerChange = {
      marks: changes.flatMap((change) => change.marks ?? []),
      ticks: [...changes.flatMap((change) => change.ticks ?? []), ...[...this.#live.values()].map(({ tick }) => tick)],
      forget: changes.flatMap((change) => change.forget ?? []),
    };
    await ledger.write(planned);
    for (const tick of planned.ticks ?? []) if (tick.state === "missed") this.#tell("missed", tick);
    await this.#startWhatCan();
  }

  async #startWhatCan(): Promise<void> {
    const { config, ledger, clock } = this.#options;
    const entries = new Map(config.entries.map((entry) => [entry.name, entry]));
    const ready = (await ledger.ticks(Infinity)).flatMap((tick) => {
      const entry = entries.get(tick.entry);
      const rest = this.#breaks.get(keyOf(tick))?.restUntil ?? -Infinity;
      return entry && !this.#live.has(keyOf(tick)) ? [{ entry, tick, rests: rest > clock.elapsed() }] : [];
    }).sort(byTurn);
    const busy = new Set([...this.#live.values()].map(({ entry }) => entry.suite));
    for (const { entry, tick, rests } of ready) {
      if (this.#live.size >= config.atOnce) return;
      if (busy.has(entry.suite)) continue;
      // One that has started keeps its suite until it has ended, also while it rests.
      busy.add(entry.suite);
      if (!rests) await this.#start(entry, tick);
    }
  }

  async #start(entry: ScheduleEntry, tick: Tick): Promise<void> {
    const { ledger, clock, execute } = this.#options;
    const startedAt = tick.startedAt ?? this.#now();
    const started: Tick = { ...tick, state: "started", startedAt, stretches: tick.stretches + 1 };
    // First, so that a process that ends here leaves something to go on with and not a start to be made again.
    await ledger.write({ ticks: [started] });
    const stop = new AbortController();
    const live: Live = { entry, stop, tick: started, notedAt: clock.elapsed(), isOverBudget: false };
    this.#live.set(keyOf(tick), live);
    this.#tell(tick.stretches === 0 ? "started" : "resumed", started);
    this.#stopIfSpent(live);
    const end = Promise.resolve()
      .then(() =>
        execute({
          entry,
          tick: started,
          signal: stop.signal,
          onExecution: (execution) => live.tick = { ...live.tick, execution },
        })
      )
      .catch((error): StretchEnd => ({ result: "failed", error: messageOf(error) }));
    const settled = end.then((how) => this.#inTurn(() => this.#end(live, how)));
    this.#settled.add(settled);
    settled.finally(() => this.#settled.delete(settled)).catch(() => {});
  }

  async #end(live: Live, { result, error }: StretchEnd): Promise<void> {
    const { ledger, clock } = this.#options;
    const key = keyOf(live.tick);
    this.#noteTimes();
    this.#live.delete(key);
    const breaks = (this.#breaks.get(key)?.count ?? 0) + 1;
    this.#breaks.delete(key);
    const isAsked = live.stop.signal.aborted;
    if (result === "stopped" && !live.isOverBudget && (isAsked || breaks < MOST_BREAKS)) {
      if (!isAsked) this.#breaks.set(key, { count: breaks, restUntil: clock.elapsed() + REST_MS });
      await ledger.write({ ticks: [live.tick] });
      this.#tell("stopped", live.tick);
      return;
    }
    const ended: Tick = {
      ...live.tick,
      state: "finished",
      endedAt: this.#now(),
      result: result !== "stopped" ? result : live.isOverBudget ? "out of time" : "failed",
      error: error ?? (result === "stopped" && !live.isOverBudget ? `it broke off ${breaks} times` : null),
    };
    await ledger.write({ ticks: [ended] });
    this.#tell("finished", ended);
  }

  /** What runs has run for longer; what has spent its budget is asked to stop. */
  #noteTimes(): void {
    const at = this.#options.clock.elapsed();
    for (const live of this.#live.values()) {
      live.tick = { ...live.tick, spentMs: live.tick.spentMs + at - live.notedAt };
      live.notedAt = at;
      this.#stopIfSpent(live);
    }
  }

  #stopIfSpent(live: Live): void {
    if (this.#budgetLeftMs(live) > 0 || live.stop.signal.aborted) return;
    live.isOverBudget = true;
    live.stop.abort();
  }

  #budgetLeftMs({ entry, tick, notedAt, isOverBudget }: Live): number {
    if (entry.budgetMinutes === undefined || isOverBudget) return Infinity;
    return entry.budgetMinutes * 60_000 - tick.spentMs - (this.#options.clock.elapsed() - notedAt);
  }

  /** Ledgers keep whole milliseconds. */
  #now(): number {
    return Math.floor(this.#options.clock.now());
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  #tell(kind: ScheduleEvent["kind"], tick: Tick): void {
    this.#options.onEvent?.({ kind, tick });
  }
}

function sinceOf(marks: readonly Mark[], now: number): number {
  let since = now;
  for (const { lookedUntil } of marks) since = Math.min(since, lookedUntil);
  return since;
}

/** Ends the open ticks of entries that are gone; one that comes back begins anew. */
function removed(
  { marks, ticks, now }: { readonly marks: readonly Mark[]; readonly ticks: readonly Tick[]; readonly now: number },
): LedgerChange {
  return {
    marks: marks.filter(({ rule }) => rule !== "").map((mark) => ({ ...mark, rule: "" })),
    ticks: ticks.filter(({ state }) => state === "waiting" || state === "started").map((tick): Tick =>
      tick.state === "waiting"
        ? missedTick(tick, { reason: "removed", at: now })
        : { ...tick, state: "finished", endedAt: now, result: "removed" }
    ),
  };
}

/** What has started first, then the highest priority, then the oldest. */
function byTurn(
  a: { readonly entry: ScheduleEntry; readonly tick: Tick },
  b: { readonly entry: ScheduleEntry; readonly tick: Tick },
): number {
  const begun = (tick: Tick) => tick.state === "started" ? 0 : 1;
  return begun(a.tick) - begun(b.tick) || b.entry.priority - a.entry.priority || a.tick.dueAt - b.tick.dueAt;
}

function keyOf({ entry, dueAt }: Tick): string {
  return `${dueAt} ${entry}`;
}
