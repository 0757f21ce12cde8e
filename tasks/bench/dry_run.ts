import { Rng } from "../../lib/core/rng.ts";
import { environments } from "../../lib/envs/registry.ts";
import type { PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { modelContext } from "../../lib/experiment/model_context.ts";
import { methods } from "../../lib/model/registry.ts";
import { withShapesOnly } from "../../lib/tensor/mod.ts";
import type { Plan } from "./plan_runs.ts";
import { textTable } from "./text.ts";

/**
 * The runs of a plan as a text table: sizes, trainable numbers, and what is already done. A backend must be in use.
 */
export async function describeRuns({ runs, status }: Pick<Plan, "runs" | "status">): Promise<string> {
  const parameters = new Map<string, string>();
  for (const run of runs) {
    const key = `${run.environment} ${run.method}`;
    if (!parameters.has(key)) parameters.set(key, await parametersOf(run));
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

async function parametersOf({ spec }: PlannedRun): Promise<string> {
  const { id: environmentId, ...environmentOptions } = spec.environment;
  const { id: methodId, label: _, ...methodOptions } = spec.method;
  const environmentModule = await environments.find((entry) => entry.id === environmentId)!.load();
  const methodModule = await methods.find((entry) => entry.id === methodId)!.load();
  const environment = await environmentModule.create(environmentModule.parseOptions(environmentOptions), spec.seed);
  try {
    const context = modelContext(environment);
    const method = methodModule.parseOptions(methodOptions);
    const reason = methodModule.unsupported?.(context, method);
    if (reason) return `cannot run: ${reason}`;
    const options = { method, training: spec.training, rng: new Rng(spec.seed) };
    return grouped(withShapesOnly(() => {
      const model = methodModule.create(context, options);
      const count = model.parameterCount;
      model.dispose();
      return count;
    }));
  } finally {
    environment.dispose();
  }
}

function grouped(count: number): string {
  return count.toLocaleString("en");
}
