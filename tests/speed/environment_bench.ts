// deno bench --allow-read --allow-env tests/speed/environment_bench.ts
// One step of 10 environments at their default sizes.
import { Rng } from "../../lib/core/rng.ts";
import { environments } from "../../lib/envs/registry.ts";

for (const { id, load } of environments) {
  const module = await load();
  const environment = await module.create(module.parseOptions({}), 1);
  const rng = new Rng(1);
  const state = environment.reset("train", { count: 10, rng });
  const actions = Float32Array.from(
    { length: 10 * environment.spec.actionVariables.length },
    (_, i) => {
      const variable = environment.spec.actionVariables[i % environment.spec.actionVariables.length]!;
      return variable.kind === "categorical" ? rng.integer(variable.categories) : rng.uniform();
    },
  );
  Deno.bench({ name: id, group: "environment step", fn: () => void environment.step(state, { actions, rng }) });
}
