import { maxOf } from "../../lib/core/extremes.ts";
import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { visible } from "../../lib/core/visible.ts";
import { columnsOf, padColumns } from "../terminal_text.ts";

/** What lines call a run, fit to be printed. */
export function titleOf(run: Pick<PlannedRun, "method" | "environment" | "seed">): string {
  return `${visible(run.method)} on ${visible(run.environment)}, seed ${run.seed}`;
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
 * A text table: first row is the heading; columns are padded, all but the first `left` to the right. Cells may hold any
 * text.
 *
 * @param rows Rows of the same length.
 */
export function textTable(rows: readonly (readonly string[])[], { left = 1 }: { readonly left?: number } = {}): string {
  const cells = rows.map((row) => row.map(visible));
  const widths = cells[0]!.map((_, column) => maxOf(cells.map((row) => columnsOf(row[column]!))));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => padColumns(cell, widths[column]!, { start: column >= left })).join("  ").trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}
