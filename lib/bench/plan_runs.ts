import { firstDifference } from "../core/difference.ts";
import { settingsParts } from "../core/settings.ts";
import type { PlannedRun } from "../experiment/expand_suite.ts";
import { canonicalJson } from "../experiment/spec_hash.ts";
import type { Run, RunStatus, Store } from "../store/store.ts";

/** Planned runs and what the store knows of them. */
export interface Plan {
  readonly runs: readonly PlannedRun[];
  /** Status of each planned run by id; `missing` when the store does not know it. */
  readonly status: ReadonlyMap<string, RunStatus | "missing">;
  /** A sentence for each planned run whose record in the store is damaged. */
  readonly damage: readonly string[];
}

/** Looks planned runs up; `store` is null when there is none yet. */
export async function planRuns(runs: readonly PlannedRun[], store: Store | null): Promise<Plan> {
  const known = new Map<string, Run>();
  const suite = runs[0]?.suite;
  if (store && suite !== undefined) {
    const stored = await store.listRuns({ suite });
    refuseOtherSettings(runs, stored);
    for (const run of stored) known.set(run.id, run);
  }
  return {
    runs,
    status: new Map(runs.map((run) => [run.id, known.get(run.id)?.status ?? "missing"])),
    damage: runs.flatMap((run) => known.get(run.id)?.damage ?? []),
  };
}

/**
 * Adds planned runs to the store, unless it has others of their suite with different settings: looked up in the same
 * moment, whoever adds runs beside this process.
 *
 * @throws {RangeError} If it has; nothing is added then.
 */
export async function addPlanned(runs: readonly PlannedRun[], store: Store): Promise<void> {
  let refusal: unknown;
  const check = (stored: readonly Run[]) => {
    try {
      refuseOtherSettings(runs, stored);
    } catch (error) {
      refusal = error;
      throw error;
    }
  };
  try {
    await store.addRuns(runs, { check });
  } catch (error) {
    throw refusal ?? error;
  }
}

/**
 * Refuses to go on with runs whose records in the store are damaged: what they were and did is not known.
 *
 * @throws {RangeError} For the first of them.
 */
export function refuseDamaged({ damage }: Plan): void {
  const [first] = damage;
  if (first === undefined) return;
  throw new RangeError(`${first}; --fresh forgets it and trains it anew`);
}

/** The planned runs that are not done. */
export function openRuns({ runs, status }: Plan): readonly PlannedRun[] {
  return runs.filter((run) => status.get(run.id) !== "done");
}

/**
 * Forgets the results of planned runs.
 *
 * @throws {RangeError} If another process trains one of them; nothing is forgotten then.
 */
export async function forgetRuns(
  { runs, status }: Plan,
  store: Store,
  { now = Date.now }: { now?(): number } = {},
): Promise<void> {
  const known = runs.filter((run) => status.get(run.id) !== "missing").map((run) => run.id);
  const held = await store.resetRuns(known, { nowMs: now() });
  const first = runs.find((run) => held.includes(run.id));
  if (!first) return;
  throw new RangeError(
    `Cannot start afresh: another process trains ${first.method} with seed ${first.seed}, or did so until a moment ` +
      `ago, expected runs that rest, got ${held.length === 1 ? "1 run that is" : `${held.length} runs that are`} held`,
  );
}

/**
 * Runs with different settings under one suite's name would stand in one table, and those of one method on one task be
 * averaged, as if they were of one experiment.
 */
function refuseOtherSettings(runs: readonly PlannedRun[], stored: readonly Run[]): void {
  const planned = new Map<string, unknown>();
  for (const run of runs) {
    for (const { key, settings } of settingsParts(run)) if (!planned.has(key)) planned.set(key, settings);
  }
  for (const run of stored) {
    // Nothing is known of a damaged run's settings.
    if (run.damage !== undefined) continue;
    for (const { key, settings } of settingsParts(run)) {
      const difference = planned.has(key) ? firstDifference(planned.get(key), settings) : null;
      if (difference === null) continue;
      const { path, here, there } = difference;
      throw new RangeError(
        `Cannot add to suite ${run.suite}: the results folder has runs of ${run.method} on ${run.environment} with ` +
          `another ${path.join(".")}, expected ${textOf(there)} as there (or another suite name or --out), ` +
          `got ${textOf(here)}`,
      );
    }
  }
}

function textOf(value: unknown): string {
  return value === undefined ? "nothing" : canonicalJson(value);
}
