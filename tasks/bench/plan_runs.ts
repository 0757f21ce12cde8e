import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { canonicalJson } from "../../lib/experiment/spec_hash.ts";
import type { Run, RunStatus, Store } from "../../lib/store/store.ts";
import { counted } from "./text.ts";

/** Planned runs and what the store knows of them. */
export interface Plan {
  readonly runs: readonly PlannedRun[];
  /** Status of each planned run by id; `missing` when the store does not know it. */
  readonly status: ReadonlyMap<string, RunStatus | "missing">;
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
  return { runs, status: new Map(runs.map((run) => [run.id, known.get(run.id)?.status ?? "missing"])) };
}

/** The planned runs that are not done. */
export function openRuns({ runs, status }: Plan): readonly PlannedRun[] {
  return runs.filter((run) => status.get(run.id) !== "done");
}

/** What there is to do, in a sentence: "6 runs: 2 done, 1 interrupted, 3 missing". */
export function describePlan({ runs, status }: Plan): string {
  const words = { done: "done", interrupted: "interrupted", running: "running", failed: "failed, to be tried again" };
  const parts: string[] = [];
  for (const [key, word] of Object.entries(words)) {
    const count = runs.filter((run) => status.get(run.id) === key).length;
    if (count > 0) parts.push(`${count} ${word}`);
  }
  const missing = runs.filter((run) => ["missing", "pending"].includes(status.get(run.id)!)).length;
  if (missing > 0) parts.push(`${missing} missing`);
  return `${counted(runs.length, "run")}: ${parts.join(", ")}`;
}

/**
 * Forgets the results of planned runs.
 *
 * @throws {RangeError} If another process trains one of them; nothing is forgotten then.
 */
export async function forgetRuns({ runs, status }: Plan, store: Store): Promise<void> {
  const known = runs.filter((run) => status.get(run.id) !== "missing").map((run) => run.id);
  const held = await store.resetRuns(known, { nowMs: Date.now() });
  const first = runs.find((run) => held.includes(run.id));
  if (!first) return;
  throw new RangeError(
    `Cannot start afresh: another process trains ${first.method} with seed ${first.seed}, or did so until a moment ` +
      `ago, expected runs that rest, got ${counted(held.length, "run")} that ${held.length === 1 ? "is" : "are"} held`,
  );
}

/** Runs of one method on one task with different settings would be averaged as if they were seeds of one. */
function refuseOtherSettings(runs: readonly PlannedRun[], stored: readonly Run[]): void {
  const planned = new Map(runs.map((run) => [`${run.environment} ${run.method}`, run]));
  for (const run of stored) {
    const match = planned.get(`${run.environment} ${run.method}`);
    if (!match) continue;
    const difference = firstDifference(withoutSeed(match.spec), withoutSeed(run.spec));
    if (difference === null) continue;
    throw new RangeError(
      `Cannot add to suite ${run.suite}: the results folder has runs of ${run.method} on ${run.environment} with ` +
        `another ${difference.path}, expected ${difference.there} as there (or another suite name or --out), ` +
        `got ${difference.here}`,
    );
  }
}

function withoutSeed(spec: unknown): unknown {
  return { ...(spec as Record<string, unknown>), seed: null };
}

function firstDifference(
  here: unknown,
  there: unknown,
  path: readonly string[] = [],
): { readonly path: string; readonly here: string; readonly there: string } | null {
  if (isRecord(here) && isRecord(there)) {
    for (const key of new Set([...Object.keys(here), ...Object.keys(there)])) {
      const difference = firstDifference(here[key], there[key], [...path, key]);
      if (difference) return difference;
    }
    return null;
  }
  const texts = { here: textOf(here), there: textOf(there) };
  return texts.here === texts.there ? null : { path: path.join("."), ...texts };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return value === undefined ? "nothing" : canonicalJson(value);
}
