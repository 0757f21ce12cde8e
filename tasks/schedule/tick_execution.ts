import { createHash } from "node:crypto";
import { executionIdOf } from "../../lib/records/execution.ts";

/**
 * Id of the execution that a start of a schedule begins: the same however often the start is gone on with, and another
 * one for each start, results folder and machine.
 *
 * @param place The machine and the results folder.
 */
export function tickExecutionId(
  { entry, dueAt }: { readonly entry: string; readonly dueAt: number },
  place: readonly string[],
): string {
  const distinction = createHash("sha256").update(JSON.stringify([...place, entry, dueAt])).digest("hex").slice(0, 6);
  return executionIdOf(dueAt, distinction);
}

/** The id of the execution that a line of bench says it works on; null where the line says something else. */
export function saidExecution(line: string): string | null {
  return /^(?:New execution|Execution) (e[a-z0-9-]+), code /.exec(line)?.[1] ?? null;
}
