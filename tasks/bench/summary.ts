import { visible } from "../../lib/core/visible.ts";
import type { StoreReader } from "../../lib/store/store.ts";
import { buildLeaderboard } from "../../reports/build/leaderboard.ts";
import { suiteVerdicts } from "../../reports/build/verdicts.ts";
import { environmentsOf } from "../../reports/read/results.ts";
import { loadSuiteResults } from "../../reports/read/suite_reading.ts";
import { textTable } from "./text.ts";

/**
 * The leaderboards of an execution as text, each with what was learned below: what its page shows; empty without
 * finished runs.
 *
 * @param options.execution Its id; that of the execution which the suite shows when absent.
 */
export async function summaryText(
  store: StoreReader,
  suite: string,
  options: { readonly execution?: string } = {},
): Promise<string> {
  const results = await loadSuiteResults(store, suite, options);
  if (!results) return "";
  return environmentsOf(results.runs).map((environment) => {
    const { title, columns, rows } = buildLeaderboard(results, environment);
    // A text table has one heading row: the metric goes before the split.
    const heading = columns.map(({ group, label }) => group ? `${shortGroup(group)} ${label}` : label);
    const table = textTable([heading, ...rows.map((row) => row.map((cell) => cell.text || "-"))]);
    const learned = suiteVerdicts(results, environment).flatMap((note) => [
      `\n${note.title}`,
      ...note.lines.map(visible),
    ]);
    return [`${title} (mean ± standard deviation over seeds)`, table, ...learned].join("\n");
  }).join("\n\n");
}

function shortGroup(group: string): string {
  const short = group.replace(/^Episode return$/, "return").replace(/^Prediction accuracy.*\(%\)$/, "accuracy %");
  return short.charAt(0).toLowerCase() + short.slice(1);
}
