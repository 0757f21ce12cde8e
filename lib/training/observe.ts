import { type Observations, observationsOf } from "../core/observations.ts";
import type { Rng } from "../core/rng.ts";
import { decodeValues, encodeValues } from "../core/variable.ts";
import type { EnvironmentSpec, Split } from "../envs/environment.ts";

/**
 * What the model sees of states in a split: shifted, if the split has a shift, and values as long as categories are left.
 *
 * @param options.values Row-major [B, N].
 */
export function observe(
  spec: EnvironmentSpec,
  { values, split, rng }: { readonly values: Float32Array; readonly split: string; readonly rng: Rng },
): Observations {
  const { shift } = splitOf(spec, split);
  if (shift === null) return { values };
  return observationsOf(spec.stateVariables, shift.apply(encodeValues(spec.stateVariables, values), rng));
}

/**
 * What the environment's sensor shows of states; `values` themselves where it has none.
 *
 * @param options.values Row-major [B, N].
 * @returns Row-major [B, N].
 */
export function senseValues(
  { stateVariables, sensor }: Pick<EnvironmentSpec, "stateVariables" | "sensor">,
  { values, rng }: { readonly values: Float32Array; readonly rng: Rng },
): Float32Array {
  if (sensor === undefined) return values;
  return decodeValues(stateVariables, sensor.apply(encodeValues(stateVariables, values), rng));
}

/**
 * The split of an environment by its id.
 *
 * @throws {RangeError} If the environment has no such split.
 */
export function splitOf(spec: EnvironmentSpec, id: string): Split {
  const split = spec.splits.find((candidate) => candidate.id === id);
  if (split !== undefined) return split;
  throw new RangeError(
    `Cannot find split "${id}" of ${spec.id}: unknown name, expected one of ${
      spec.splits.map((candidate) => candidate.id).join(", ")
    }, got "${id}"`,
  );
}
