import { z } from "zod";

/** Which format this program writes; it reads no other. */
export const archiveFormat = { kind: "archive", format: "fcdl-bench", version: 1 } as const;

/** Artifacts that are of no use to others: what a run goes on from. */
export const leftOutArtifacts: readonly string[] = ["checkpoint"];

const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, "expected an id of letters, digits, dots and dashes");
const text = z.string().max(1000);
const label = z.string().min(1).max(200);
const moment = z.int().min(0);
const count = z.int().nonnegative();
const table = z.record(z.string(), z.union([z.string(), z.number()]));

const provenanceSchema = z.strictObject({
  codeVersion: text,
  versions: z.record(z.string(), z.string()),
  backend: text,
  machine: table,
});

const progressSchema = z.strictObject({
  loop: count,
  loops: count,
  envSteps: count,
  updates: count,
  updatesPerSecond: z.number().nullable(),
  remainingMs: z.number().nullable(),
});

/** First line of a file. */
const headSchema = z.strictObject({
  kind: z.literal(archiveFormat.kind),
  format: z.literal(archiveFormat.format),
  version: z.literal(archiveFormat.version),
});

/** An execution; its runs follow. */
const executionSchema = z.strictObject({
  kind: z.literal("execution"),
  id,
  suite: id,
  startedAtMs: moment,
  settings: text.nullable(),
  code: z.strictObject({ version: text, hash: text.nullable() }),
  engine: z.strictObject({ backend: text, library: z.record(z.string(), z.string()) }),
  machine: table,
  trigger: z.enum(["command line", "schedule", "API"]),
  tags: z.array(label).max(100),
});

/** A run of the execution before; its metrics and artifacts follow. */
const runSchema = z.strictObject({
  kind: z.literal("run"),
  id,
  environment: label,
  method: label,
  seed: count,
  spec: z.record(z.string(), z.unknown()),
  status: z.enum(["pending", "interrupted", "done", "failed"]),
  error: z.string().max(100_000).nullable(),
  progress: progressSchema.nullable(),
  origins: z.array(z.strictObject({ fromLoop: count, provenance: provenanceSchema })),
  createdAtMs: moment,
  updatedAtMs: moment,
  elapsedMs: z.number().nonnegative(),
});

/** A series of the run before: rows of updates, environment steps, value and time, in this order. */
const seriesSchema = z.strictObject({
  kind: z.literal("series"),
  split: label,
  name: label,
  qualifier: z.string().max(1000),
  rows: z.array(z.tuple([count, count, z.number().nullable(), z.number().nonnegative()])).min(1),
});

/** An artifact of the run before: as text where its bytes are UTF-8, else as base64. */
const artifactSchema = z.strictObject({
  kind: z.literal("artifact"),
  name: id.refine((name) => !leftOutArtifacts.includes(name), { error: "expected an artifact that archives hold" }),
  contentType: text,
  updatedAtMs: moment,
  encoding: z.enum(["utf-8", "base64"]),
  data: z.string(),
});

/** Last line: SHA-256 of all lines before it, ends included. */
const endSchema = z.strictObject({ kind: z.literal("end"), lines: count, sha256: z.string().length(64) });

/** Any line of an archive. */
export const archiveLineSchema = z.discriminatedUnion("kind", [
  headSchema,
  executionSchema,
  runSchema,
  seriesSchema,
  artifactSchema,
  endSchema,
]);

/** One line of an archive: an object of JSON. */
export type ArchiveLine = z.output<typeof archiveLineSchema>;

/** A line of one kind. */
export type LineOf<Kind extends ArchiveLine["kind"]> = Extract<ArchiveLine, { kind: Kind }>;

/** What follows the line of a run and belongs to it. */
export type RunLine = LineOf<"run" | "series" | "artifact">;
