import * as tf from "@tensorflow/tfjs";
import { minOf } from "../../core/extremes.ts";
import { systemBlasInUse, useSystemBlas, withSystemBlas } from "./gemm.ts";
import type { SystemBlas } from "./system_blas.ts";

/** Speed of one product, billions of floating-point operations a second. */
export interface GemmSpeed {
  readonly ownGflops: number;
  /** Null without a system BLAS. */
  readonly blasGflops: number | null;
}

/** A product C[m, n] = A[m, k] · B[k, n]. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A layer of one variable on a batch: the product that most updates consist of. */
export const typicalProduct: GemmShape = { m: 256, n: 128, k: 128 };

/**
 * Measures products of the wasm backend, the own kernel and a system BLAS in turn, so that both see the same machine.
 *
 * @param options.clock Milliseconds, never going back.
 * @param options.rounds Measurements of each, of about 2 ms; the fastest counts, as all others had company.
 */
export function measureGemm(
  shape: GemmShape,
  options: { readonly blas: SystemBlas | null; readonly clock: () => number; readonly rounds?: number },
): GemmSpeed {
  const { m, n, k } = shape;
  const { blas, clock, rounds = 9 } = options;
  const flops = 2 * m * n * k;
  const repeats = Math.max(Math.round(8e7 / flops), 1);
  const before = systemBlasInUse();
  const a = tf.fill([m, k], 0.5);
  const b = tf.fill([k, n], 0.5);
  const times = { own: [] as number[], blas: [] as number[] };
  const time = (library: SystemBlas | null) => {
    useSystemBlas(library);
    const startMs = clock();
    withSystemBlas(() => {
      for (let i = 0; i < repeats; i++) tf.matMul(a, b).dispose();
    });
    return (clock() - startMs) / repeats;
  };
  try {
    for (let round = -1; round < rounds; round++) {
      const own = time(null);
      const other = blas ? time(blas) : null;
      if (round < 0) continue; // The first one compiles.
      times.own.push(own);
      if (other !== null) times.blas.push(other);
    }
  } finally {
    useSystemBlas(before);
    tf.dispose([a, b]);
  }
  const gflops = (values: number[]) => flops / (minOf(values) * 1e6);
  return { ownGflops: gflops(times.own), blasGflops: blas ? gflops(times.blas) : null };
}
