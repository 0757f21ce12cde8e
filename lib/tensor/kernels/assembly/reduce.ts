// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { sumLanes } from "./simd.ts";

/** Numbers of a row summed in float32 before the sum moves to float64. */
const BLOCK: i32 = 1024;

/** Sums [outer, count, inner] over the middle axis into `out` [outer, inner]. */
export function sumMiddle(x: usize, out: usize, outer: i32, count: i32, inner: i32): void {
  const rowBytes = <usize> inner << 2;
  for (let i = 0; i < outer; i++) {
    if (inner == 1) {
      store<f32>(out, <f32> sumRow(x, count));
      x += <usize> count << 2;
    } else {
      memory.fill(out, 0, rowBytes);
      for (let r = 0; r < count; r++) {
        addRow(x, out, inner);
        x += rowBytes;
      }
    }
    out += rowBytes;
  }
}

/**
 * Backward pass of bias and ReLU for [rows, columns]: dz = dy where the layer's output is positive, else 0, and
 * biasGradient[columns] = column sums of dz.
 */
export function biasReluGradient(
  dy: usize,
  output: usize,
  dz: usize,
  biasGradient: usize,
  rows: i32,
  columns: i32,
): void {
  const rowBytes = <usize> columns << 2;
  memory.fill(biasGradient, 0, rowBytes);
  for (let r = 0; r < rows; r++) {
    maskRow(dy, output, dz, columns);
    addRow(dz, biasGradient, columns);
    dy += rowBytes;
    output += rowBytes;
    dz += rowBytes;
  }
}

function maskRow(dy: usize, output: usize, dz: usize, size: i32): void {
  const zero = f32x4.splat(0);
  const end = dy + (<usize> size << 2);
  for (; dy + 16 <= end; dy += 16) {
    v128.store(dz, v128.and(v128.load(dy), f32x4.gt(v128.load(output), zero)));
    output += 16;
    dz += 16;
  }
  for (; dy < end; dy += 4) {
    store<f32>(dz, load<f32>(output) > 0 ? load<f32>(dy) : 0);
    output += 4;
    dz += 4;
  }
}

function addRow(x: usize, out: usize, size: i32): void {
  const end = x + (<usize> size << 2);
  for (; x + 16 <= end; x += 16) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(x)));
    out += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(out, load<f32>(out) + load<f32>(x));
    out += 4;
  }
}

function sumRow(x: usize, size: i32): f64 {
  let total: f64 = 0;
  while (size >= 16) {
    const count = min(size, BLOCK) & ~15;
    const end = x + (<usize> count << 2);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (; x < end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    total += <f64> sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    size -= count;
  }
  for (; size > 0; size--) {
    total += <f64> load<f32>(x);
    x += 4;
  }
  return total;
}
