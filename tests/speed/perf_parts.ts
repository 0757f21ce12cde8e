import { environments } from "../../lib/envs/registry.ts";
import { buildExperiment, type ExperimentParts } from "../../lib/experiment/experiment_parts.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { methods } from "../../lib/model/registry.ts";

/** A run at the paper's size on Chemical (fork), with enough episodes to update from. */
export async function partsAtFullSize(method: string): Promise<ExperimentParts> {
  const spec = runSpecSchema.parse({
    suite: "bench",
    environment: { id: "chemical" },
    method: { id: method },
    training: { maxWindowUses: 1_000_000 },
    seed: 1,
  });
  const parts = await buildExperiment(spec, { environments, methods });
  for (let i = 0; i < 2 * parts.environment.spec.episodeLength; i++) parts.collector.actRandomly();
  return parts;
}
