import { backendChoices, type BackendName } from "../lib/tensor/mod.ts";

/**
 * The backend that `TEST_BACKEND` names; null without it. Backends that need packages or devices which not every
 * machine has are tested by running existing tests on them, such as `TEST_BACKEND=tensorflow deno task test:reference`.
 */
export const chosenBackend: BackendName | null = parse(Deno.env.get("TEST_BACKEND"));

function parse(name: string | undefined): BackendName | null {
  if (!name) return null;
  const known = backendChoices.find((choice) => choice === name);
  if (!known) throw new RangeError(`Cannot test on "${name}": expected ${backendChoices.join(", ")}, got "${name}"`);
  return known;
}
