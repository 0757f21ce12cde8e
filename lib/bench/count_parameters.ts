import { Rng } from "../core/rng.ts";
import { environments } from "../envs/registry.ts";
import { modelContext } from "../experiment/model_context.ts";
import type { RunSpec } from "../experiment/run_spec.ts";
import { methods } from "../model/registry.ts";

/**
 * How many numbers the model of a run trains, counted without a value of them. A backend must be in use.
 *
 * @returns The count, or why the method cannot run on the environment.
 */
export async function countParameters(spec: RunSpec): Promise<number | string> {
  const { id: environmentId, ...environmentOptions } = spec.environment;
  const { id: methodId, label: _, ...methodOptions } = spec.method;
  const { withShapesOnly } = await import("../tensor/mod.ts");
  const environmentModule = await environments.find((entry) => entry.id === environmentId)!.load();
  const methodModule = await methods.find((entry) => entry.id === methodId)!.load();
  const environment = await environmentModule.create(environmentModule.parseOptions(environmentOptions), spec.seed);
  try {
    const context = modelContext(environment);
    const options = methodModule.parseOptions(methodOptions);
    const reason = methodModule.unsupported?.(context, options);
    if (reason) return reason;
    return withShapesOnly(() => {
      const model = methodModule.create(context, { options, training: spec.training, rng: new Rng(spec.seed) });
      const count = model.parameterCount;
      model.dispose();
      return count;
    });
  } finally {
    environment.dispose();
  }
}
