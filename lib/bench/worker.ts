// Trains one run that `bench` has claimed, and says how it goes on standard output (see worker_messages.ts).
import { parseArgs } from "node:util";
import { messageOf } from "../core/errors.ts";
import { StoreUnavailable } from "../store/store_unavailable.ts";
import { tellParent } from "./tell_parent.ts";
import { ignoreTerminal, onSignals } from "./stop_signal.ts";
import { trainRun } from "./train_run.ts";

/** Aborts once the parent closes this process's input: that is its request to stop, and what its death looks like. */
async function stopWithParent(stop: AbortController): Promise<void> {
  const buffer = new Uint8Array(64);
  try {
    while (await Deno.stdin.read(buffer) !== null);
  } catch {
    // A broken pipe is a closed one.
  }
  stop.abort();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      store: { type: "string" },
      run: { type: "string" },
      worker: { type: "string" },
      backend: { type: "string" },
      // A run that goes on keeps what it began with.
      "backend-as-recorded": { type: "boolean" },
      blas: { type: "string" },
      "blas-as-recorded": { type: "boolean" },
      "code-version": { type: "string" },
      "lease-ms": { type: "string" },
      "checkpoint-ms": { type: "string" },
    },
  });
  const stop = new AbortController();
  // The parent hears what a terminal sends to both, and decides.
  ignoreTerminal();
  onSignals(["SIGTERM"], () => stop.abort());
  void stopWithParent(stop);
  new Worker(new URL("./sign_of_life.ts", import.meta.url), { type: "module" });
  try {
    tellParent(
      await trainRun({
        location: values.store!,
        runId: values.run!,
        worker: values.worker!,
        backend: values.backend!,
        keepsBackend: values["backend-as-recorded"] ?? false,
        blas: { library: values.blas ?? null, isAutomatic: values["blas-as-recorded"] ?? false },
        codeVersion: values["code-version"]!,
        leaseMs: Number(values["lease-ms"]),
        checkpointEveryMs: Number(values["checkpoint-ms"]),
        signal: stop.signal,
        say: tellParent,
      }),
    );
  } catch (error) {
    tellParent({ kind: error instanceof StoreUnavailable ? "left" : "refused", error: messageOf(error) });
  }
  Deno.exit(0); // Standard input may still be waiting.
}
