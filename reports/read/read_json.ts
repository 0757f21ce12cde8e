import type { StoreReader } from "../../lib/store/store.ts";
import { noteIn } from "./damaged_runs.ts";

/**
 * An artifact's JSON; null where there is none, or one that is no JSON or damaged: the run's numbers are still good.
 *
 * @param options.damage Gets a sentence where it is damaged.
 */
export async function readJson(
  store: StoreReader,
  options: { readonly runId: string; readonly name: string; readonly damage?: Map<string, string> },
): Promise<unknown> {
  const { runId, name, damage } = options;
  try {
    const artifact = await store.getArtifact(runId, name);
    return artifact && JSON.parse(new TextDecoder().decode(artifact.bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    // By name: the layer of stores is known here by its types alone.
    if (!(error instanceof Error && error.name === "DamageError")) throw error;
    if (damage) noteIn(damage)({ runId, sentence: error.message });
    return null;
  }
}
