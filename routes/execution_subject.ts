import type { Context } from "hono";
import type { StoreReader } from "../lib/store/store.ts";
import type { ReportSubject } from "../reports/read/shown_execution.ts";
import { problem } from "./problem.tsx";

/** What the report of an execution is of; null where the store has none of that id. */
export async function subjectOf(
  store: Pick<StoreReader, "listExecutions">,
  id: string,
): Promise<Required<ReportSubject> | null> {
  const found = (await store.listExecutions()).find((execution) => execution.id === id);
  return found ? { suite: found.suite, execution: found.id } : null;
}

/** The answer where there is no such execution. */
export function noExecution(context: Context, id: string): Response | Promise<Response> {
  return problem(context, 404, `Cannot find execution "${id}": the store has no such execution`);
}
