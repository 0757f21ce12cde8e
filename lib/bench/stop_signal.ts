/** Signals by their names. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** What this system knows of them. */
const known: readonly SignalName[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Calls back on each of some signals that this system knows.
 *
 * @returns A function that stops listening.
 */
export function onSignals(signals: readonly SignalName[], callback: () => void): () => void {
  const heard = signals.filter((signal) => known.includes(signal));
  for (const signal of heard) Deno.addSignalListener(signal, callback);
  return () => {
    for (const signal of heard) Deno.removeSignalListener(signal, callback);
  };
}

/**
 * Calls back on each signal that asks to stop: Ctrl-C, SIGTERM, and the end of the terminal. `nohup` does not keep the
 * latter away: Deno listens to it before any program runs, and would end this one.
 *
 * @returns A function that stops listening.
 */
export function onStopSignal(callback: () => void): () => void {
  return onSignals(["SIGINT", "SIGTERM", "SIGHUP"], callback);
}

/** Makes a process deaf to what a terminal sends to all of its processes. */
export function ignoreTerminal(): void {
  onSignals(["SIGINT", "SIGHUP"], () => {});
}
