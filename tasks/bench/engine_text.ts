import type { EngineFinding, SizeChoice } from "../../lib/bench/mod.ts";

/** What is said while backends are measured. */
export function measuringText(method: string, environment: string): string {
  return `Measuring backends for ${method} on ${environment} ...`;
}

/** What `--backend auto` took, and why: `Backend of fcdl on chemical-full: wasm (wasm 85 ms a loop, ...)`. */
export function choiceText({ method, environment, choice }: SizeChoice): string {
  const why = choice.findings.map(findingText).join("; ");
  return `Backend of ${method} on ${environment}: ${choice.engine}${why === "" ? "" : ` (${why})`}`;
}

/** An engine's time, or why it has none. */
export function findingText({ engine, times, reason }: EngineFinding): string {
  if (!times) return `${engine} not taken: ${reason}`;
  const [updateMs, planMs] = [times.updateMs, times.planMs].map((ms) => ms.toPrecision(3));
  return `${engine} ${updateMs} ms an update, ${planMs} ms a plan`;
}
