import type { Run } from "../../lib/store/store.ts";
import type { NoteBlock } from "../blocks.ts";
import { compareNatural } from "../metric_info.ts";

/**
 * A warning where runs of one execution were made by different versions of the code: it was gone on with after an edit or
 * a commit, or is older than executions. Null where all agree; a run that says nothing of its code is left out.
 */
export function mixedCodeNote(runs: readonly Pick<Run, "origins">[]): NoteBlock | null {
  const counts = new Map<string, number>();
  for (const { origins } of runs) {
    for (const version of new Set(origins.map(({ provenance }) => provenance.codeVersion))) {
      counts.set(version, (counts.get(version) ?? 0) + 1);
    }
  }
  if (counts.size < 2) return null;
  const versions = [...counts].sort(([a], [b]) => compareNatural(a, b));
  return {
    kind: "note",
    id: "mixed-code",
    tone: "warning",
    title: "Runs of different code in one execution",
    lines: [
      "Means are over runs that different versions of the code made, and each run's page says which of its loops. " +
      "deno task bench --new trains all of them anew, in an execution of one version.",
      ...versions.map(([version, count]) => `${version}: ${count} ${count === 1 ? "run" : "runs"}`),
    ],
  };
}
