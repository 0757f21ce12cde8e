import { maxOf } from "../../lib/core/extremes.ts";
import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";

/** What lines call a run. */
export function titleOf(run: Pick<PlannedRun, "method" | "environment" | "seed">): string {
  return `${run.method} on ${run.environment}, seed ${run.seed}`;
}

/** A duration in the two units that matter: `4.2 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count and its noun: `1 run`, `3 runs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * A text table: first row is the heading; columns are padded, all but the first `left` to the right.
 *
 * @param rows Rows of the same length.
 */
export function textTable(rows: readonly (readonly string[])[], { left = 1 }: { readonly left?: number } = {}): string {
  const widths = rows[0]!.map((_, column) => maxOf(rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))
      .join("  ").trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join("\n");
}
