import { z } from "zod";

const count = z.number().nonnegative();

const progressSchema = z.object({
  loop: count,
  loops: count,
  envSteps: count,
  updates: count,
  updatesPerSecond: z.number().nullable(),
  remainingMs: z.number().nullable(),
});

/** What a worker says on its standard output, one JSON object a line. All but the first two end the run's attempt. */
export const workerMessageSchema = z.discriminatedUnion("kind", [
  /** Training starts; `resumed` when from a checkpoint. */
  z.object({ kind: z.literal("started"), resumed: z.boolean() }),
  z.object({ kind: z.literal("progress"), progress: progressSchema, elapsedMs: count }),
  z.object({ kind: z.literal("done"), elapsedMs: count }),
  /** The run cannot be trained; recorded with its error. */
  z.object({ kind: z.literal("failed"), error: z.string() }),
  /** Stopped on request; its checkpoint is stored. */
  z.object({ kind: z.literal("interrupted") }),
  /** Nothing was done and nothing changed: the checkpoint or the store does not fit. */
  z.object({ kind: z.literal("refused"), error: z.string() }),
  /** Another process trains the run. */
  z.object({ kind: z.literal("lost") }),
]);

/** One line of a worker. */
export type WorkerMessage = z.output<typeof workerMessageSchema>;

/** How an attempt at a run ended; `died` when the worker ended without a word. */
export type WorkerOutcome =
  | Exclude<WorkerMessage, { kind: "started" | "progress" }>
  | { readonly kind: "died"; readonly error: string };

/** Parses a line; null for anything that is not a message, such as a library's greeting. */
export function parseWorkerMessage(line: string): WorkerMessage | null {
  if (!line.startsWith("{")) return null;
  try {
    return workerMessageSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
