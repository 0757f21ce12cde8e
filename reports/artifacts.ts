import type { StoreReader } from "../lib/store/store.ts";
import { z } from "zod";
import { noteIn } from "./damaged_runs.ts";

const matrix = z.array(z.array(z.number()));
const variables = z.object({ state: z.array(z.string()), action: z.array(z.string()) });

const codebookSchema = z.object({
  variables,
  codes: z.int().positive(),
  graphs: z.array(matrix),
  usage: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  truth: z.record(z.string(), matrix),
  /** What the encoder reads of state and action variables, in order; absent where it reads everything. */
  gates: z.object({ open: z.array(z.boolean()), effects: z.array(z.number()) }).optional(),
});

const graphsSchema = z.object({
  variables,
  inferred: z.record(z.string(), z.record(z.string(), matrix)),
  truth: z.record(z.string(), z.record(z.string(), matrix)).default({}),
});

const points = z.array(z.array(z.number()).length(3)).min(1);

const replaySchema = z.object({
  stepMs: z.number().positive(),
  episodes: z.array(z.object({
    split: z.string(),
    label: z.string(),
    context: z.string(),
    return: z.number(),
    success: z.boolean(),
    geoms: z.array(z.object({
      name: z.string(),
      type: z.enum(["box", "sphere", "capsule"]),
      size: z.array(z.number().positive()),
      color: z.array(z.number()).length(3),
    })),
    frames: z.array(z.array(z.number())).min(1),
    tracks: z.array(z.object({
      name: z.string(),
      radius: z.number().positive(),
      floor: z.number().nullable(),
      true: points,
      predicted: points,
    })),
    picture: z.string(),
  })).min(1),
});

/** Artifact `codebook`: the graph of each code [K][N][N + M], and how often contexts use it. */
export type CodebookArtifact = Readonly<z.output<typeof codebookSchema>>;

/** Artifact `graphs`: mean inferred and true graphs [N][N + M] by split and context. */
export type GraphsArtifact = Readonly<z.output<typeof graphsSchema>>;

/** Artifact `replay`: episodes as poses of solids, with true and predicted ways. */
export type ReplayArtifact = Readonly<z.output<typeof replaySchema>>;

/** A codebook artifact, or null when `value` is not one. */
export function parseCodebook(value: unknown): CodebookArtifact | null {
  return codebookSchema.safeParse(value).data ?? null;
}

/** A graphs artifact, or null when `value` is not one. */
export function parseGraphs(value: unknown): GraphsArtifact | null {
  return graphsSchema.safeParse(value).data ?? null;
}

/** A replay artifact, or null when `value` is not one. */
export function parseReplay(value: unknown): ReplayArtifact | null {
  return replaySchema.safeParse(value).data ?? null;
}

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
