import type { Engine, Execution } from "../../lib/records/execution.ts";
import type { Cell, TableBlock } from "../blocks.ts";

/** Names of libraries, as pages and terminals show them. */
const libraryNames: Readonly<Record<string, string>> = { tfjs: "TensorFlow.js", blas: "system BLAS" };

/** What computes, in words: `wasm, TensorFlow.js 4.22.0`. */
export function engineText({ backend, library }: Engine): string {
  return [backend, ...Object.entries(library).map(([name, version]) => `${libraryNames[name] ?? name} ${version}`)]
    .join(", ");
}

/** How much of an execution is done: `7 of 8 runs, 1 failed`. */
export function executionProgress({ runs, byStatus }: Pick<Execution, "runs" | "byStatus">): string {
  const failed = byStatus.failed > 0 ? `, ${byStatus.failed} failed` : "";
  return `${byStatus.done} of ${runs} ${runs === 1 ? "run" : "runs"}${failed}`;
}

/** The executions of a suite, the last one first. */
export function buildExecutionTable(
  executions: readonly Execution[],
  { href, moment }: { href(execution: Execution): string; moment(atMs: number): string },
): TableBlock {
  return {
    kind: "table",
    id: "execution-list",
    title: "Executions",
    caption: "The suite's page and files show the last complete one, else the last. Times are UTC.",
    columns: [
      { label: "Execution" },
      { label: "Begun" },
      { label: "State" },
      { label: "Done" },
      { label: "Code" },
      { label: "Engine" },
      { label: "By" },
      { label: "Tags" },
    ],
    rows: executions.toReversed().map((execution): readonly Cell[] => [
      { text: execution.id, href: href(execution), ...(execution.damage ? { sub: execution.damage } : {}) },
      { text: moment(execution.startedAtMs) },
      { text: execution.state },
      { text: executionProgress(execution) },
      { text: execution.code.version },
      { text: engineText(execution.engine) },
      { text: execution.trigger },
      { text: execution.tags.join(", ") },
    ]),
  };
}
