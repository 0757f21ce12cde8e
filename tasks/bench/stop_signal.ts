/** Signals that ask to stop and that this system knows. */
export const stopSignals: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * Calls back on each signal that asks to stop.
 *
 * @returns A function that stops listening.
 */
export function onStopSignal(callback: () => void): () => void {
  for (const signal of stopSignals) Deno.addSignalListener(signal, callback);
  return () => {
    for (const signal of stopSignals) Deno.removeSignalListener(signal, callback);
  };
}
