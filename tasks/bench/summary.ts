import type { Store } from "../../lib/store/store.ts";
import { buildLeaderboard } from "../../reports/build_leaderboard.ts";
import { environmentsOf, loadSuiteResults } from "../../reports/results.ts";
import { textTable } from "./text.ts";

/** The leaderboards of a suite as text: the tables that its page shows; empty without finished runs. */
export async function summaryText(store: Store, suite: string): Promise<string> {
  const results = await loadSuiteResults(store, suite);
  if (!results) return "";
  return environmentsOf(results.runs).map((environment) => {
    const { title, columns, rows } = buildLeaderboard(results, environment);
    // A text table has one heading row: the metric goes before the split.
    const heading = columns.map(({ group, label }) => group ? `${shortGroup(group)} ${label}` : label);
    return `${title} (mean ± standard deviation over seeds)\n` +
      textTable([heading, ...rows.map((row) => row.map((cell) => cell.text || "-"))]);
  }).join("\n\n");
}

function shortGroup(group: string): string {
  const short = group.replace(/^Episode return$/, "return").replace(/^Prediction accuracy.*\(%\)$/, "accuracy %");
  return short.charAt(0).toLowerCase() + short.slice(1);
}
