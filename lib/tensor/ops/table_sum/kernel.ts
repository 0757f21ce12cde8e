// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { madd, maddScalar, sumLanes } from "../../kernels/assembly/simd.ts";

// Masked sums of table rows, the first layer of a network on categorical variables. All float32 or int32, row-major:
//   table   [J, R, H]   rows of all variables one after the other
//   rows    [I, B]      int32: the row of variable i that sample b takes
//   mask    [B, J, W]   weight of variable i in column columns[i]; address 0 stands for ones
//   columns [I]         int32
//   needed  [J, W]      int32, 0 where a target never takes a variable; address 0 stands for ones
//   out, dy [J, B, H]
// Targets are the outer loop, so that one target's rows stay in the cache.

/** out[j, b] = bias[j] + Σ_i mask[b, j, i] · table[j, rows[i, b]]; `active` is scratch for 2·I numbers. */
export function tableSum(
  table: usize,
  rows: usize,
  mask: usize,
  columns: usize,
  needed: usize,
  bias: usize,
  out: usize,
  active: usize,
  targets: i32,
  variables: i32,
  batch: i32,
  tableRows: i32,
  width: i32,
  maskWidth: i32,
): void {
  const stride = <usize> width << 2;
  const weights = active + (<usize> variables << 2);
  for (let j = 0; j < targets; j++) {
    const tableJ = table + <usize> (j * tableRows) * stride;
    const neededJ = needed + (<usize> (j * maskWidth) << 2);
    const biasJ = bias + <usize> j * stride;
    for (let b = 0; b < batch; b++) {
      const maskRow = mask + (<usize> ((b * targets + j) * maskWidth) << 2);
      let count: usize = 0;
      for (let i = 0; i < variables; i++) {
        const column = <usize> load<i32>(columns + (<usize> i << 2)) << 2;
        if (needed && load<i32>(neededJ + column) == 0) continue;
        const weight: f32 = mask ? load<f32>(maskRow + column) : 1;
        if (weight == 0) continue;
        const row = load<i32>(rows + (<usize> (i * batch + b) << 2));
        store<u32>(active + (count << 2), <u32> (tableJ + <usize> row * stride));
        store<f32>(weights + (count << 2), weight);
        count++;
      }
      const target = out + <usize> (j * batch + b) * stride;
      let h: usize = 0;
      for (; h + 64 <= stride; h += 64) {
        let s0 = bias ? v128.load(biasJ + h) : f32x4.splat(0);
        let s1 = bias ? v128.load(biasJ + h, 16) : f32x4.splat(0);
        let s2 = bias ? v128.load(biasJ + h, 32) : f32x4.splat(0);
        let s3 = bias ? v128.load(biasJ + h, 48) : f32x4.splat(0);
        for (let a: usize = 0; a < count; a++) {
          const source = <usize> load<u32>(active + (a << 2)) + h;
          const weight = v128.load32_splat(weights + (a << 2));
          s0 = madd(weight, v128.load(source), s0);
          s1 = madd(weight, v128.load(source, 16), s1);
          s2 = madd(weight, v128.load(source, 32), s2);
          s3 = madd(weight, v128.load(source, 48), s3);
        }
        v128.store(target + h, s0);
        v128.store(target + h, s1, 16);
        v128.store(target + h, s2, 32);
        v128.store(target + h, s3, 48);
      }
      for (; h < stride; h += 4) {
        let sum: f32 = bias ? load<f32>(biasJ + h) : 0;
        for (let a: usize = 0; a < count; a++) {
          sum = maddScalar(load<f32>(weights + (a << 2)), load<f32>(<usize> load<u32>(active + (a << 2)) + h), sum);
        }
        store<f32>(target + h, sum);
      }
    }
  }
}

/**
 * Gradients of `tableSum`: adds to dTable (zeroed by the caller) and writes dMask in the variables' columns (0 where
 * not needed). dMask is 0 for none.
 */
export function tableSumGradient(
  table: usize,
  rows: usize,
  mask: usize,
  columns: usize,
  needed: usize,
  dy: usize,
  dTable: usize,
  dMask: usize,
  targets: i32,
  variables: i32,
  batch: i32,
  tableRows: i32,
  width: i32,
  maskWidth: i32,
): void {
  const stride = <usize> width << 2;
  for (let j = 0; j < targets; j++) {
    const firstRow = <usize> (j * tableRows) * stride;
    const neededJ = needed + (<usize> (j * maskWidth) << 2);
    for (let b = 0; b < batch; b++) {
      const maskRow = <usize> ((b * targets + j) * maskWidth) << 2;
      const delta = dy + <usize> (j * batch + b) * stride;
      for (let i = 0; i < variables; i++) {
        const column = <usize> load<i32>(columns + (<usize> i << 2)) << 2;
        if (needed && load<i32>(neededJ + column) == 0) {
          if (dMask) store<f32>(dMask + maskRow + column, 0);
          continue;
        }
        const offset = firstRow + <usize> load<i32>(rows + (<usize> (i * batch + b) << 2)) * stride;
        const weight: f32 = mask ? load<f32>(mask + maskRow + column) : 1;
        if (weight != 0) addScaled(dTable + offset, delta, weight, stride);
        if (dMask) store<f32>(dMask + maskRow + column, dot(table + offset, delta, stride));
      }
    }
  }
}

/**
 * Straight-through gradient of variables first..first+count-1, all of c categories, through their tables:
 * dx[i, b, k] = Σ_j mask[b, j, i] · ⟨jacobian[j, offset + i·c² + x·c + k], dy[j, b]⟩, where x is the sample's category,
 * rows[first + i, b] - rowOffset - i·c. Writes dx [count, B, c].
 */
export function tableInputGradient(
  jacobian: usize,
  rows: usize,
  mask: usize,
  columns: usize,
  needed: usize,
  dy: usize,
  dx: usize,
  targets: i32,
  first: i32,
  count: i32,
  categories: i32,
  rowOffset: i32,
  jacobianOffset: i32,
  jacobianRows: i32,
  batch: i32,
  width: i32,
  maskWidth: i32,
): void {
  const stride = <usize> width << 2;
  memory.fill(dx, 0, <usize> (count * batch * categories) << 2);
  for (let j = 0; j < targets; j++) {
    const neededJ = needed + (<usize> (j * maskWidth) << 2);
    for (let b = 0; b < batch; b++) {
      const maskRow = mask + (<usize> ((b * targets + j) * maskWidth) << 2);
      const delta = dy + <usize> (j * batch + b) * stride;
      for (let i = 0; i < count; i++) {
        const column = <usize> load<i32>(columns + (<usize> (first + i) << 2)) << 2;
        if (needed && load<i32>(neededJ + column) == 0) continue;
        const weight: f32 = mask ? load<f32>(maskRow + column) : 1;
        if (weight == 0) continue;
        const x = load<i32>(rows + (<usize> ((first + i) * batch + b) << 2)) - rowOffset - i * categories;
        const row = j * jacobianRows + jacobianOffset + (i * categories + x) * categories;
        const target = dx + (<usize> ((i * batch + b) * categories) << 2);
        for (let k = 0; k < categories; k++) {
          const product = dot(jacobian + <usize> (row + k) * stride, delta, stride);
          const entry = target + (<usize> k << 2);
          store<f32>(entry, load<f32>(entry) + weight * product);
        }
      }
    }
  }
}

/** target[n] += source[n], n in bytes. */
export function accumulate(target: usize, source: usize, bytes: usize): void {
  addScaled(target, source, 1, bytes);
}

export function addScaled(target: usize, source: usize, scale: f32, bytes: usize): void {
  const factor = f32x4.splat(scale);
  let h: usize = 0;
  for (; h + 16 <= bytes; h += 16) {
    v128.store(target + h, madd(factor, v128.load(source + h), v128.load(target + h)));
  }
  for (; h < bytes; h += 4) {
    store<f32>(target + h, maddScalar(scale, load<f32>(source + h), load<f32>(target + h)));
  }
}

export function dot(a: usize, b: usize, bytes: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let h: usize = 0;
  for (; h + 32 <= bytes; h += 32) {
    s0 = madd(v128.load(a + h), v128.load(b + h), s0);
    s1 = madd(v128.load(a + h, 16), v128.load(b + h, 16), s1);
  }
  let sum = sumLanes(f32x4.add(s0, s1));
  for (; h < bytes; h += 4) sum += load<f32>(a + h) * load<f32>(b + h);
  return sum;
}
