// Trains one run that `bench` has claimed, and says how it goes on standard output (see bench/worker_messages.ts).
import { parseArgs } from "node:util";
import { messageOf } from "../lib/core/errors.ts";
import { onStopSignal } from "./bench/stop_signal.ts";
import { trainRun } from "./bench/train_run.ts";
import type { WorkerMessage } from "./bench/worker_messages.ts";

const encoder = new TextEncoder();

function say(message: WorkerMessage): void {
  const line = encoder.encode(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < line.length;) written += Deno.stdout.writeSync(line.subarray(written));
}

/** Aborts once the parent closes this process's input: that is its request to stop, and what its death looks like. */
async function stopWithParent(stop: AbortController): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await Deno.stdin.read(buffer) !== null);
  stop.abort();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      store: { type: "string" },
      run: { type: "string" },
      worker: { type: "string" },
      backend: { type: "string" },
      blas: { type: "string" },
      // A run that goes on keeps what it began with.
      "blas-as-recorded": { type: "boolean" },
      "lease-ms": { type: "string" },
      "checkpoint-ms": { type: "string" },
    },
  });
  const stop = new AbortController();
  // Ctrl-C in a terminal reaches workers too; it means the same as the parent's request.
  onStopSignal(() => stop.abort());
  void stopWithParent(stop);
  try {
    say(
      await trainRun({
        location: values.store!,
        runId: values.run!,
        worker: values.worker!,
        backend: values.backend!,
        blas: { library: values.blas ?? null, isAutomatic: values["blas-as-recorded"] ?? false },
        leaseMs: Number(values["lease-ms"]),
        checkpointEveryMs: Number(values["checkpoint-ms"]),
        signal: stop.signal,
        say,
      }),
    );
  } catch (error) {
    say({ kind: "refused", error: messageOf(error) });
  }
  Deno.exit(0); // Standard input may still be waiting.
}
