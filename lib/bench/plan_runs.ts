import type { PlannedRun } from "../experiment/expand_suite.ts";
import type { Run, RunStatus, Store, StoredSuite, StoreReader } from "../store/store.ts";
import { chooseExecution, type ChosenExecution, type ExecutionRequest } from "./choose_execution.ts";

/** Planned runs and what the store knows of them. */
export interface Plan extends Omit<ChosenExecution, "runs"> {
  /** With their ids in the execution. */
  readonly runs: readonly PlannedRun[];
  /** Status of each planned run by id; `missing` when the store does not know it. */
  readonly status: ReadonlyMap<string, RunStatus | "missing">;
  /** A sentence for each planned run whose record in the store is damaged. */
  readonly damage: readonly string[];
}

/**
 * Decides which execution planned runs belong to and looks them up in it; writes nothing.
 *
 * @param options.store Null when there is none yet.
 * @throws {RangeError} If the store has runs of the suite, made by the same code, with other settings.
 */
export async function planRuns(
  planned: readonly PlannedRun[],
  { store, request }: { readonly store: StoreReader | null; readonly request: ExecutionRequest },
): Promise<Plan> {
  const suite = planned[0]!.suite;
  const stored: StoredSuite = store
    ? { executions: await store.listExecutions({ suite }), runs: await store.listRuns({ suite }) }
    : { executions: [], runs: [] };
  return withStatus(chooseExecution(planned, { request, stored }), stored.runs);
}

/**
 * Adds planned runs to the execution that they belong to, which is begun where it is not there: decided in the same
 * moment, whoever else does so beside this process.
 *
 * @throws {RangeError} As {@link planRuns}; nothing is added then.
 */
export async function addPlanned(
  planned: readonly PlannedRun[],
  { store, request }: { readonly store: Store; readonly request: ExecutionRequest },
): Promise<Plan> {
  let refusal: unknown;
  let chosen: ChosenExecution | null = null;
  try {
    await store.openExecution(planned[0]!.suite, (stored) => {
      try {
        chosen = chooseExecution(planned, { request, stored });
        return { execution: chosen.execution, runs: chosen.runs };
      } catch (error) {
        refusal = error;
        throw error;
      }
    });
  } catch (error) {
    throw refusal ?? error;
  }
  return await planAgain(chosen!, store);
}

/** Looks the runs of a plan up again. */
export async function planAgain(chosen: ChosenExecution, store: StoreReader): Promise<Plan> {
  return withStatus(chosen, await store.listRuns({ execution: chosen.execution.id }));
}

function withStatus(chosen: ChosenExecution, stored: readonly Run[]): Plan {
  const known = new Map(stored.map((run) => [run.id, run]));
  return {
    ...chosen,
    status: new Map(chosen.runs.map((run) => [run.id, known.get(run.id)?.status ?? "missing"])),
    damage: chosen.runs.flatMap((run) => known.get(run.id)?.damage ?? []),
  };
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
