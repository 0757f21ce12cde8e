import type { Rng } from "../core/rng.ts";
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

/** @throws {RangeError} If the environment has no such split. */
export function splitOf(spec: EnvironmentSpec, id: string): Split {
  const split = spec.splits.find((candidate) => candidate.id === id);
  if (split !== undefined) return split;
  throw new RangeError(
    `Cannot find split "${id}" of ${spec.id}: unknown name, expected one of ${
      spec.splits.map((candidate) => candidate.id).join(", ")
    }, got "${id}"`,
  );
}
