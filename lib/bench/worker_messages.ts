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

/** What a worker says on its standard output, one JSON object a line: how it goes, and last how the attempt ended. */
export const workerMessageSchema = z.discriminatedUnion("kind", [
  /** The process runs, however busy it is. */
  z.object({ kind: z.literal("alive") }),
  /** Training starts at a loop: that of a checkpoint, or 0. `change` says what is not as it was when it was written. */
  z.object({ kind: z.literal("started"), fromLoop: count, change: z.string().nullable() }),
  z.object({ kind: z.literal("progress"), progress: progressSchema, elapsedMs: count }),
  /** The store cannot be used now; it is tried again. */
  z.object({ kind: z.literal("waiting"), obstacle: z.enum(["locked", "full", "unreachable"]) }),
  z.object({ kind: z.literal("done"), elapsedMs: count }),
  /** The run cannot be trained; recorded with its error. */
  z.object({ kind: z.literal("failed"), error: z.string() }),
  /** Stopped on request; its checkpoint is stored. */
  z.object({ kind: z.literal("interrupted") }),
  /** What is around the run kept it from going on, such as a store out of reach: its last checkpoint is as it was. */
  z.object({ kind: z.literal("left"), error: z.string() }),
  /** The same for what another process may overcome, such as exhausted memory. */
  z.object({ kind: z.literal("died"), error: z.string() }),
  /** Nothing was done and nothing changed: the checkpoint or the store does not fit. */
  z.object({ kind: z.literal("refused"), error: z.string() }),
  /** Another process trains the run. */
  z.object({ kind: z.literal("lost") }),
]);

/** How an attempt goes on. */
export type WorkerReport = Extract<WorkerMessage, { kind: "alive" | "started" | "progress" | "waiting" }>;

/** One line of a worker. */
export type WorkerMessage = z.output<typeof workerMessageSchema>;

/** How an attempt at a run ended; `died` also when the worker ended without a word. */
export type WorkerOutcome = Exclude<WorkerMessage, WorkerReport>;

/** Whether a message tells how the attempt goes on, not how it ended. */
export function isReport(message: WorkerMessage): message is WorkerReport {
  return ["alive", "started", "progress", "waiting"].includes(message.kind);
}

/** Parses a line; null for anything that is not a message, such as a library's greeting. */
export function parseWorkerMessage(line: string): WorkerMessage | null {
  if (!line.startsWith("{")) return null;
  try {
    return workerMessageSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
