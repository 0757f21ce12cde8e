import { countParameters, type Plan } from "../../lib/bench/mod.ts";
import { counted, textTable } from "./text.ts";

/** What there is to do, in a sentence: "6 runs: 2 done, 1 interrupted, 3 missing". */
export function describePlan({ runs, status }: Pick<Plan, "runs" | "status">): string {
  const words = { done: "done", interrupted: "interrupted", running: "running", failed: "failed, to be tried again" };
  const parts: string[] = [];
  for (const [key, word] of Object.entries(words)) {
    const count = runs.filter((run) => status.get(run.id) === key).length;
    if (count > 0) parts.push(`${count} ${word}`);
  }
  const missing = runs.filter((run) => ["missing", "pending"].includes(status.get(run.id)!)).length;
  if (missing > 0) parts.push(`${missing} missing`);
  return `${counted(runs.length, "run")}: ${parts.join(", ")}`;
}

/**
 * The runs of a plan as a text table: sizes, trainable numbers, and what is already done. A backend must be in use.
 */
export async function describeRuns({ runs, status }: Pick<Plan, "runs" | "status">): Promise<string> {
  const parameters = new Map<string, string>();
  for (const run of runs) {
    const key = `${run.environment} ${run.method}`;
    if (!parameters.has(key)) parameters.set(key, sizeText(await countParameters(run.spec)));
  }
  return textTable([
    ["method", "environment", "state", "seed", "loops", "updates", "env steps", "parameters"],
    ...runs.map((run) => {
      const { randomLoops, loops, updatesPerLoop, environments: parallel } = run.spec.training;
      return [
        run.method,
        run.environment,
        status.get(run.id)!,
        `${run.seed}`,
        grouped(randomLoops + loops),
        grouped(loops * updatesPerLoop),
        grouped((randomLoops + loops) * parallel),
        parameters.get(`${run.environment} ${run.method}`)!,
      ];
    }),
  ], { left: 3 });
}

function sizeText(size: number | string): string {
  return typeof size === "number" ? grouped(size) : `cannot run: ${size}`;
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}
