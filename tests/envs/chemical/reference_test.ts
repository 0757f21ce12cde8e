import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { chemicalEnvironment } from "../../../lib/envs/chemical/chemical_environment.ts";
import { directEpisodes } from "../../../lib/envs/chemical/episodes.ts";
import { contextOf, nodeProbabilities } from "../../../lib/envs/chemical/dynamics.ts";
import { readReference } from "./chemical_fixtures.ts";

const task = { episodeLength: 25, noisyNodes: [], shiftScale: 100 };

// Every file of the folder that is about Chemical; sizes come from the file.
const folder = Deno.env.get("REFERENCE_DIR") ?? fileURLToPath(new URL("../../reference", import.meta.url));
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();

for (const name of names) {
  const world = readReference(`${folder}/${name}`);
  if (!world) continue;
  const { rule, reference, dynamics } = world;
  const environment = chemicalEnvironment(dynamics, {
    ...task,
    episodes: directEpisodes(dynamics, { interventions: 10 }),
  });

  Deno.test(`localAdjacency is the published program's in ${name}`, () => {
    assert.deepEqual([...dynamics.adjacency[1]], reference.local_adjacency.data);
  });

  Deno.test(`resampled nodes and their probabilities are the published program's in ${name}`, () => {
    let compared = 0;
    for (const transition of reference.transitions) {
      const colors = Float32Array.from(transition.colors);
      const set = Math.floor(transition.action / reference.categories);
      colors[set] = transition.action % reference.categories;
      const context = contextOf(rule, colors[0]!);
      const resampled = [...dynamics.resampled[context][set]!];
      assert.deepEqual(resampled, transition.resampled);
      for (const node of resampled) {
        const actual = nodeProbabilities(dynamics, { node, context, colors });
        const expected = transition.probabilities[node]!;
        for (const [k, probability] of actual.entries()) {
          assert.ok(Math.abs(probability - expected[k]!) < 1e-5, `node ${node}: ${probability}, not ${expected[k]}`);
        }
        colors[node] = transition.next_colors[node]!;
        compared++;
      }
      assert.deepEqual([...colors], transition.next_colors);
    }
    assert.ok(compared > 0);
  });

  Deno.test(`localGraphs are the published program's in ${name}`, () => {
    const { transitions } = reference;
    const graphs = environment.localGraphs({
      values: Float32Array.from(transitions.flatMap(({ colors }) => colors)),
      actions: Float32Array.from(transitions.map(({ action }) => action)),
      nextValues: Float32Array.from(transitions.flatMap(({ next_colors }) => next_colors)),
    });
    assert.deepEqual([...graphs], transitions.flatMap(({ local_causal_graph }) => local_causal_graph));
  });

  Deno.test(`reward is the published program's in ${name}`, () => {
    const { transitions } = reference;
    const rewards = environment.reward(
      Float32Array.from(transitions.flatMap(({ next_colors }) => next_colors)),
      Float32Array.from(transitions.flatMap(({ target }) => target)),
    );
    assert.deepEqual(rewards, Float32Array.from(transitions.map(({ reward }) => reward)));
  });
}
