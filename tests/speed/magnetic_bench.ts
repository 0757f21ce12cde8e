/** Speed of Magnetic: `deno bench --allow-read --allow-env tests/speed/magnetic_bench.ts`; one iteration is 10 steps. */
import { Rng } from "../../lib/core/rng.ts";
import { create, parseOptions } from "../../lib/envs/magnetic/magnetic.ts";

const environment = await create(parseOptions({}), 1);
const rng = new Rng(1);
const start = environment.reset("train", { count: 10, rng });
const actions = Float32Array.from({ length: 30 }, () => 2 * rng.uniform() - 1);

Deno.bench("magnetic: one step of 10 environments", () => {
  environment.step(start, { actions, rng });
});

Deno.bench("magnetic: reset of 10 environments", () => {
  environment.reset("train", { count: 10, rng });
});
