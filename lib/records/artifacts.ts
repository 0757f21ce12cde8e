import { z } from "zod";

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
  })).min(1),
});

/** As it is written and read: nobody changes it. */
export type Immutable<Value> = Value extends object ? { readonly [Key in keyof Value]: Immutable<Value[Key]> } : Value;

/** Artifact `codebook`: the graph of each code [K][N][N + M], and how often contexts use it. */
export type CodebookArtifact = Immutable<z.output<typeof codebookSchema>>;

/** Artifact `graphs`: mean inferred and true graphs [N][N + M] by split and context. */
export type GraphsArtifact = Immutable<z.output<typeof graphsSchema>>;

/** Artifact `replay`: episodes as poses of solids, with true and predicted ways. */
export type ReplayArtifact = Immutable<z.output<typeof replaySchema>>;

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

/** A named JSON file that an evaluation leaves. */
export type JsonArtifact =
  | { readonly name: "codebook"; readonly content: CodebookArtifact }
  | { readonly name: "graphs"; readonly content: GraphsArtifact }
  | { readonly name: "replay"; readonly content: ReplayArtifact };
