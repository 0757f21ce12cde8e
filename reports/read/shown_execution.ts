import { type Execution, shownExecution } from "../../lib/records/execution.ts";
import type { StoreReader } from "../../lib/store/store.ts";

/** What a report is of: an execution by its id, or the one that a suite shows. */
export interface ReportSubject {
  readonly suite: string;
  /** Absent: see `shownExecution`. */
  readonly execution?: string | undefined;
}

/** The execution that a report is of; null where the suite has none, or not that one. */
export async function executionOf(
  store: Pick<StoreReader, "listExecutions">,
  { suite, execution }: ReportSubject,
): Promise<Execution | null> {
  const known = await store.listExecutions({ suite });
  return execution === undefined ? shownExecution(known) : known.find(({ id }) => id === execution) ?? null;
}
