// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.

// Panels of a product: blocks of its operands copied so that gemm.ts reads them in order.

/** Copies k rows of `width` numbers that lie side by side (rows `stride` bytes apart) to rows of 4, zeros added. */
export function packAlong(source: usize, stride: usize, target: usize, step: usize, k: i32, width: i32): void {
  if (width == 4) {
    for (let p = 0; p < k; p++) {
      v128.store(target, v128.load(source));
      source += stride;
      target += step;
    }
    return;
  }
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < 4; j++) {
      store<f32>(target + (<usize> j << 2), j < width ? load<f32>(source + (<usize> j << 2)) : 0);
    }
    source += stride;
    target += step;
  }
}

/** The same where k runs along memory and the `width` numbers lie `stride` bytes apart: copies and transposes. */
export function packAcross(source: usize, stride: usize, target: usize, step: usize, k: i32, width: i32): void {
  let p = 0;
  if (width == 4) {
    const s1 = source + stride;
    const s2 = s1 + stride;
    const s3 = s2 + stride;
    for (; p + 4 <= k; p += 4) {
      const at = <usize> p << 2;
      const r0 = v128.load(source + at);
      const r1 = v128.load(s1 + at);
      const r2 = v128.load(s2 + at);
      const r3 = v128.load(s3 + at);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(target + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      v128.store(target + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      v128.store(target + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      target += 4 * step;
    }
  }
  for (; p < k; p++) {
    for (let j = 0; j < 4; j++) {
      const value: f32 = j < width ? load<f32>(source + <usize> j * stride + (<usize> p << 2)) : 0;
      store<f32>(target + (<usize> j << 2), value);
    }
    target += step;
  }
}
