import { z } from "zod";

const matrix = z.array(z.array(z.number()));
const variables = z.object({ state: z.array(z.string()), action: z.array(z.string()) });

const codebookSchema = z.object({
  variables,
  codes: z.int().positive(),
  graphs: z.array(matrix),
  usage: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
  truth: z.record(z.string(), matrix),
  findings: z.array(z.string()).default([]),
});

const graphsSchema = z.object({
  variables,
  inferred: z.record(z.string(), z.record(z.string(), matrix)),
  truth: z.record(z.string(), z.record(z.string(), matrix)).default({}),
});

/** Artifact `codebook`: the graph of each code [K][N][N + M], and how often contexts use it. */
export type CodebookArtifact = Readonly<z.output<typeof codebookSchema>>;

/** Artifact `graphs`: mean inferred and true graphs [N][N + M] by split and context. */
export type GraphsArtifact = Readonly<z.output<typeof graphsSchema>>;

/** A codebook artifact, or null when `value` is not one. */
export function parseCodebook(value: unknown): CodebookArtifact | null {
  return codebookSchema.safeParse(value).data ?? null;
}

/** A graphs artifact, or null when `value` is not one. */
export function parseGraphs(value: unknown): GraphsArtifact | null {
  return graphsSchema.safeParse(value).data ?? null;
}
