import { deepEqual, equal } from "node:assert/strict";
import { create, parseOptions } from "../../lib/envs/chemical/chemical.ts";
import { partiallyObserved } from "../../lib/envs/partial_observation.ts";
import { modelContext } from "../../lib/experiment/model_context.ts";

const world = await create(parseOptions({ variables: 5, colors: 3, noisyNodes: [2] }), 1);

/** What is told of a world with some nodes hidden or noisy. */
function told(observed: { readonly hidden: readonly number[]; readonly noisy: readonly number[] }) {
  return modelContext(partiallyObserved(world, { observed, noise: 0.5 })).localGraphRule!()!;
}

Deno.test("modelContext tells the local graphs as they are where the context is seen", () => {
  deepEqual(modelContext(world).localGraphRule!(), world.localGraphRule!());
  deepEqual(told({ hidden: [3], noisy: [4] }), world.localGraphRule!());
});

Deno.test("modelContext tells the union of the contexts where a sensor hides or disturbs what decides", () => {
  const size = 5 * 6;
  for (const observed of [{ hidden: [0], noisy: [] }, { hidden: [], noisy: [0] }]) {
    const rule = told(observed);
    deepEqual([rule.reads, rule.categories], [[5], [15]]);
    const full = world.localGraphRule!();
    for (let action = 0; action < 15; action++) {
      const union = new Uint8Array(size);
      for (let root = 0; root < 3; root++) {
        full.graphs[full.graphOf[root * 15 + action]!]!.forEach((edge, k) => union[k]! |= edge);
      }
      deepEqual(rule.graphs[rule.graphOf[action]!], union);
    }
  }
});

Deno.test("modelContext tells no local graphs of an environment without a rule", () => {
  const { localGraphRule: _, ...without } = world;
  equal(modelContext(without).localGraphRule!(), null);
});
