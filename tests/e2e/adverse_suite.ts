import { join } from "node:path";

/**
 * Writes a suite of small MLP runs that take some seconds each and have many records, for tests of what happens
 * around a run.
 *
 * @returns The path, for `--suite`.
 */
export async function writeAdverseSuite(
  folder: string,
  { loops, seeds }: { readonly loops: number; readonly seeds: number },
): Promise<string> {
  const path = join(folder, "adverse.json");
  const suite = {
    name: "adverse",
    title: "Small runs that are disturbed",
    environments: [{ id: "chemical", rule: "fork", variables: 4, colors: 3 }],
    methods: [{ id: "mlp", hidden: [32] }],
    seeds: `1-${seeds}`,
    planner: { horizon: 2, candidates: 8, elites: 4, iterations: 2 },
    training: { environments: 4, randomLoops: 60, loops, batchSize: 32, learningRate: 0.001 },
    evaluation: { everyLoops: 100, episodes: 2, batchSize: 64 },
  };
  await Deno.writeTextFile(path, JSON.stringify(suite));
  return path;
}
