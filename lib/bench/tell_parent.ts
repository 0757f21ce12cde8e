import type { WorkerMessage } from "./worker_messages.ts";

const encoder = new TextEncoder();

/**
 * Says a line to the parent, on standard output. A parent that is gone cannot listen: what it looks like to the worker
 * is the end of its input, which asks it to stop, so that nothing is to be done here.
 */
export function tellParent(message: WorkerMessage): void {
  const line = encoder.encode(`${JSON.stringify(message)}\n`);
  try {
    for (let written = 0; written < line.length;) written += Deno.stdout.writeSync(line.subarray(written));
  } catch {
    // The pipe is broken.
  }
}
