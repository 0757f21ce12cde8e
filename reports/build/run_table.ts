import type { Run } from "../../lib/store/store.ts";
import type { Cell, TableBlock } from "../blocks.ts";
import { methodLabel, stylesOf } from "../read/results.ts";

/** Made once: making it takes far longer than using it. */
const grouped = new Intl.NumberFormat("en-US");

/** A suite's runs with status, progress and time, unfinished and failed ones first. */
export function buildRunTable(
  runs: readonly Run[],
  { href, duration }: { href(id: string): string; duration(ms: number): string },
): TableBlock {
  const order: readonly Run["status"][] = ["running", "failed", "interrupted", "pending", "done"];
  const styles = stylesOf({ runs });
  const sorted = runs.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status) || a.seed - b.seed);
  return {
    kind: "table",
    id: "run-list",
    title: "Runs",
    caption: "Time left is an estimate from the last interval.",
    columns: [
      { label: "Method" },
      { label: "Environment" },
      { label: "Seed", numeric: true },
      { label: "Status" },
      { label: "Progress" },
      { label: "Trained", numeric: true },
      { label: "Left", numeric: true },
    ],
    rows: sorted.map((run): readonly Cell[] => {
      const color = styles.get(run.method)?.color;
      const { progress } = run;
      const left = run.status === "running" ? progress?.remainingMs ?? null : null;
      return [
        { text: methodLabel(run.method), href: href(run.id), ...(color ? { swatch: color } : {}) },
        { text: run.environment },
        { text: String(run.seed) },
        { text: "", status: run.status, ...(run.error ? { sub: run.error } : {}) },
        progress
          ? {
            text: `${grouped.format(progress.loop)} of ${grouped.format(progress.loops)} loops`,
            progress: progress.loops > 0 ? Math.min(1, progress.loop / progress.loops) : 0,
          }
          : { text: "" },
        { text: run.elapsedMs > 0 ? duration(run.elapsedMs) : "" },
        { text: left === null ? "" : duration(left) },
      ];
    }),
  };
}
