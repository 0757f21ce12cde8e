import { environments as knownEnvironments } from "../envs/registry.ts";
import type { EnvironmentEntry } from "../envs/environment.ts";
import type { MethodEntry } from "../model/dynamics_model.ts";
import { methods as knownMethods } from "../model/registry.ts";
import type { PlannedRun } from "./expand_suite.ts";
import { modelContext } from "./model_context.ts";

/** A method that cannot run on an environment of a suite. */
export interface UnsupportedPair {
  readonly method: string;
  readonly environment: string;
  /** The method's own sentence. */
  readonly reason: string;
}

/**
 * Asks each method of some runs whether it can run on each of its environments, before anything is trained.
 *
 * @param registries Where names are looked up; the project's registries when absent.
 * @returns The pairs that do not fit, in the order of the runs.
 */
export async function unsupportedPairs(
  runs: readonly PlannedRun[],
  registries: { readonly environments: readonly EnvironmentEntry[]; readonly methods: readonly MethodEntry[] } = {
    environments: knownEnvironments,
    methods: knownMethods,
  },
): Promise<readonly UnsupportedPair[]> {
  const asked = new Set<string>();
  const pairs: UnsupportedPair[] = [];
  for (const { method, environment, spec } of runs) {
    const key = `${method}\n${environment}`;
    if (asked.has(key)) continue;
    asked.add(key);
    const { id: methodId, label: _, ...given } = spec.method;
    const { unsupported, parseOptions } = await registries.methods.find(({ id }) => id === methodId)!.load();
    // Making an environment may load an engine, so methods that run anywhere do not ask for it.
    if (unsupported === undefined) continue;
    const { id, ...options } = spec.environment;
    const module = await registries.environments.find((entry) => entry.id === id)!.load();
    const world = await module.create(module.parseOptions(options), spec.seed);
    try {
      const reason = unsupported(modelContext(world), parseOptions(given));
      if (reason !== null) pairs.push({ method, environment, reason });
    } finally {
      world.dispose();
    }
  }
  return pairs;
}

/**
 * Refuses runs whose method cannot run on their environment.
 *
 * @throws {RangeError} One sentence that lists them all, with the first one's reason.
 */
export async function refuseUnsupported(...args: Parameters<typeof unsupportedPairs>): Promise<void> {
  const pairs = await unsupportedPairs(...args);
  if (pairs.length === 0) return;
  const names = pairs.map(({ method, environment }) => `${method} on ${environment}`).join(", ");
  throw new RangeError(
    `Cannot run suite ${
      args[0][0]!.suite
    }: a method cannot run on an environment, expected pairs that fit (--methods ` +
      `chooses methods), got ${names}: ${pairs[0]!.reason}`,
  );
}
