import type { Rng } from "../core/rng.ts";
import { decodeValues, encodeValues } from "../core/variable.ts";
import type { EnvironmentSpec, Split } from "../envs/environment.ts";

/**
 * What the model sees of encoded observations in a split: shifted, if the split has a shift.
 *
 * @returns Row-major [B, D]; `encoded` itself when nothing changes.
 */
export function observe(
  spec: EnvironmentSpec,
  options: { readonly encoded: Float32Array; readonly split: string; readonly rng: Rng },
): Float32Array {
  const shift = splitOf(spec, options.split).shift;
  return shift === null ? options.encoded : shift.apply(options.encoded, options.rng);
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
