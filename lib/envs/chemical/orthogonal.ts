import type { Rng } from "../../core/rng.ts";

/**
 * A random matrix with orthogonal columns of length `gain` (orthogonal rows if it has more columns than rows), uniform
 * over all such matrices: Gram-Schmidt on standard normals.
 *
 * @param options.rows R.
 * @param options.columns S.
 * @param options.gain Length of each orthogonal vector.
 * @returns Row-major [R, S]; WᵀW = gain²·I for R ≥ S, WWᵀ = gain²·I otherwise, up to float32 rounding.
 * @see Saxe et al. 2014; `torch.nn.init.orthogonal_` has the same distribution.
 */
export function orthogonalMatrix(
  options: { readonly rows: number; readonly columns: number; readonly gain: number; readonly rng: Rng },
): Float32Array {
  const { rows, columns, gain, rng } = options;
  const length = Math.max(rows, columns);
  const vectors: Float64Array[] = [];
  for (let k = 0; k < Math.min(rows, columns); k++) {
    const vector = Float64Array.from({ length }, () => rng.normal());
    // Twice is enough: the second pass removes what rounding left of the first.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const overlap = dot(vector, other);
        for (let i = 0; i < length; i++) vector[i]! -= overlap * other[i]!;
      }
      const norm = Math.sqrt(dot(vector, vector));
      for (let i = 0; i < length; i++) vector[i]! /= norm;
    }
    vectors.push(vector);
  }
  const matrix = new Float32Array(rows * columns);
  for (const [k, vector] of vectors.entries()) {
    for (let i = 0; i < length; i++) matrix[rows >= columns ? i * columns + k : k * columns + i] = gain * vector[i]!;
  }
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
