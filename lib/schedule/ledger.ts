/** Why a start that was due did not happen. */
export type MissedReason =
  /** Nothing looked at the clock when it was due: the machine or the schedule was off, or the clock jumped over it. */
  | "off"
  /** A later start of the same entry became due before this one could be made. */
  | "superseded"
  /** The entry's start before it was still waiting or running. */
  | "overlap"
  /** Others ran until its time of grace was over. */
  | "busy"
  /** Its entry is no longer on the schedule. */
  | "removed";

/** How an execution ended. */
export type TickResult = "complete" | "failed" | "out of time" | "removed";

/** What makes a tick: an entry's name, and when it was due, ms since 1970, UTC. */
export interface TickKey {
  readonly entry: string;
  readonly dueAt: number;
}

/** One start that the schedule asks for, from when it was found due. */
export interface Tick extends TickKey {
  readonly state: "waiting" | "started" | "finished" | "missed";
  /** When it was found due; times are ms since 1970, UTC. */
  readonly foundAt: number;
  /** Null before it started. */
  readonly startedAt: number | null;
  /** When it finished or was found missed; null before. */
  readonly endedAt: number | null;
  /** How often it was started or gone on with. */
  readonly stretches: number;
  /** How long it has run, over all stretches, as last noted. */
  readonly spentMs: number;
  /** What it runs as; null before that is known. */
  readonly execution: string | null;
  /** Of a finished one. */
  readonly result: TickResult | null;
  /** Of one that failed, if anything is known. */
  readonly error: string | null;
  /** Of a missed one. */
  readonly reason: MissedReason | null;
  /** A missed one may stand for all from `dueAt` to here, where they were too many to list; else null. */
  readonly through: number | null;
}

/** How far an entry's times have been looked at. */
export interface Mark {
  readonly entry: string;
  /** Each time up to here is a tick of the ledger. */
  readonly lookedUntil: number;
  /** Expression and time zone that were looked at: others begin anew. */
  readonly rule: string;
}

/** What is written together. */
export interface LedgerChange {
  readonly marks?: readonly Mark[];
  /** New ones, and those that take the place of the one with the same key. */
  readonly ticks?: readonly Tick[];
  /** Keys of ticks that are taken back. */
  readonly forget?: readonly TickKey[];
}

/** Where a schedule remembers what it did, so that a start is made once whatever happens to the process. */
export interface Ledger {
  marks(): Promise<readonly Mark[]>;
  /** Ticks that wait or have started, and all that were due (or stand for one that was) at `since` or later. */
  ticks(since: number): Promise<readonly Tick[]>;
  /** Writes all of a change or, if the process or the machine ends meanwhile, nothing of it. */
  write(change: LedgerChange): Promise<void>;
}

/** A tick that was just found due. */
export function waitingTick(key: TickKey, foundAt: number): Tick {
  return {
    ...key,
    state: "waiting",
    foundAt,
    startedAt: null,
    endedAt: null,
    stretches: 0,
    spentMs: 0,
    execution: null,
    result: null,
    error: null,
    reason: null,
    through: null,
  };
}

/** A tick that will not be made up for. */
export function missedTick(tick: Tick, { reason, at }: { readonly reason: MissedReason; readonly at: number }): Tick {
  return { ...tick, state: "missed", endedAt: at, reason };
}

/** A ledger that ends with its process, for tests and embedders. */
export function memoryLedger(): Ledger {
  const marks = new Map<string, Mark>();
  const ticks = new Map<string, Tick>();
  const keyOf = ({ entry, dueAt }: TickKey) => `${dueAt} ${entry}`;
  return {
    marks: () => Promise.resolve([...marks.values()]),
    ticks: (since) =>
      Promise.resolve(
        [...ticks.values()].filter(({ state, dueAt, through }) =>
          state === "waiting" || state === "started" || Math.max(dueAt, through ?? dueAt) >= since
        ),
      ),
    write(change) {
      for (const mark of change.marks ?? []) marks.set(mark.entry, mark);
      for (const key of change.forget ?? []) ticks.delete(keyOf(key));
      for (const tick of change.ticks ?? []) ticks.set(keyOf(tick), tick);
      return Promise.resolve();
    },
  };
}
