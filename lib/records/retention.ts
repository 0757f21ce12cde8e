import { type Execution, newest } from "./execution.ts";

/** Why an execution is kept. */
export type KeptBecause = "one of the last" | "tagged" | "the last complete one" | "running";

/** What becomes of an execution under a policy. */
export interface Retention {
  readonly execution: Execution;
  /** Null for one that is to be removed. */
  readonly kept: KeptBecause | null;
}

/**
 * What is kept of each suite: its last executions, all that have a tag or are running, and always the last complete one.
 *
 * @param executions Of any suites, in the order of their start.
 * @param options.keep How many of the last ones, complete or not; 0 for none but for another reason.
 * @returns All of them, in the same order.
 */
export function retentionOf(
  executions: readonly Execution[],
  { keep }: { readonly keep: number },
): readonly Retention[] {
  const bySuite = Map.groupBy(executions, ({ suite }) => suite);
  const last = new Set([...bySuite.values()].flatMap((own) => keep === 0 ? [] : own.slice(-keep)));
  const complete = new Set(
    [...bySuite.values()].map((own) => newest(own.filter(({ state }) => state === "complete"))),
  );
  return executions.map((execution) => ({
    execution,
    kept: last.has(execution)
      ? "one of the last"
      : execution.tags.length > 0
      ? "tagged"
      : complete.has(execution)
      ? "the last complete one"
      : execution.state === "running"
      ? "running"
      : null,
  }));
}
