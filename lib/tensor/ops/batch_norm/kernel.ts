// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { madd } from "../../kernels/assembly/simd.ts";

// Batch normalisation of [rows, columns] over the rows, then leaky ReLU. Four columns at a time, so that every sum runs
// down its own column in the order of the rows.

/**
 * y = leaky(normal · scale + shift) with normal = (x - mean) · inverse and inverse = 1 / √(variance + epsilon), variance
 * being the biased one. The running statistics move by `momentum` towards the mean and the unbiased variance.
 */
export function batchNorm(
  x: usize,
  scale: usize,
  shift: usize,
  runningMean: usize,
  runningVariance: usize,
  y: usize,
  normal: usize,
  inverse: usize,
  newMean: usize,
  newVariance: usize,
  rows: i32,
  columns: i32,
  epsilon: f32,
  momentum: f32,
  slope: f32,
): void {
  const stride = <usize> columns << 2;
  const count = f32x4.splat(<f32> rows);
  const unbiased = f32x4.splat(<f32> rows / <f32> max(rows - 1, 1));
  const step = f32x4.splat(momentum), rest = f32x4.splat(1 - momentum);
  for (let j = 0; j < columns; j += 4) {
    const width = min(4, columns - j);
    const at = <usize> j << 2;
    let sum = f32x4.splat(0);
    for (let r = 0, p = x + at; r < rows; r++, p += stride) sum = f32x4.add(sum, load4(p, width));
    const mean = f32x4.div(sum, count);
    let squares = f32x4.splat(0);
    for (let r = 0, p = x + at; r < rows; r++, p += stride) {
      const centred = f32x4.sub(load4(p, width), mean);
      squares = madd(centred, centred, squares);
    }
    const variance = f32x4.div(squares, count);
    const root = f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon)));
    const scaling = f32x4.div(f32x4.splat(1), root);
    store4(inverse + at, scaling, width);
    store4(
      newMean + at,
      f32x4.add(f32x4.mul(load4(runningMean + at, width), rest), f32x4.mul(mean, step)),
      width,
    );
    store4(
      newVariance + at,
      f32x4.add(
        f32x4.mul(load4(runningVariance + at, width), rest),
        f32x4.mul(f32x4.mul(variance, unbiased), step),
      ),
      width,
    );
    const factor = load4(scale + at, width), offset = load4(shift + at, width);
    for (let r = 0, p = at; r < rows; r++, p += stride) {
      const n = f32x4.mul(f32x4.sub(load4(x + p, width), mean), scaling);
      store4(normal + p, n, width);
      store4(y + p, leaky(madd(n, factor, offset), slope), width);
    }
  }
}

/** Gradients of `batchNorm` by x, scale and shift; dy is that of its y. */
export function batchNormGradient(
  dy: usize,
  y: usize,
  normal: usize,
  inverse: usize,
  scale: usize,
  dx: usize,
  scaleGradient: usize,
  shiftGradient: usize,
  rows: i32,
  columns: i32,
  slope: f32,
): void {
  const stride = <usize> columns << 2;
  const count = f32x4.splat(<f32> rows);
  for (let j = 0; j < columns; j += 4) {
    const width = min(4, columns - j);
    const at = <usize> j << 2;
    let dShift = f32x4.splat(0), dScale = dShift;
    for (let r = 0, p = at; r < rows; r++, p += stride) {
      const d = beforeLeaky(load4(dy + p, width), load4(y + p, width), slope);
      dShift = f32x4.add(dShift, d);
      dScale = madd(d, load4(normal + p, width), dScale);
    }
    store4(shiftGradient + at, dShift, width);
    store4(scaleGradient + at, dScale, width);
    const meanShift = f32x4.div(dShift, count), meanScale = f32x4.div(dScale, count);
    const factor = f32x4.mul(load4(scale + at, width), load4(inverse + at, width));
    for (let r = 0, p = at; r < rows; r++, p += stride) {
      const d = beforeLeaky(load4(dy + p, width), load4(y + p, width), slope);
      const inner = f32x4.sub(f32x4.sub(d, meanShift), f32x4.mul(load4(normal + p, width), meanScale));
      store4(dx + p, f32x4.mul(inner, factor), width);
    }
  }
}

function leaky(v: v128, slope: f32): v128 {
  return v128.bitselect(f32x4.mul(v, f32x4.splat(slope)), v, f32x4.lt(v, f32x4.splat(0)));
}

/** The gradient before a leaky ReLU whose output was y; a positive slope keeps the sign. */
function beforeLeaky(dy: v128, y: v128, slope: f32): v128 {
  return v128.bitselect(dy, f32x4.mul(dy, f32x4.splat(slope)), f32x4.gt(y, f32x4.splat(0)));
}

/** The first `width` of four numbers, zeros after them. */
function load4(at: usize, width: i32): v128 {
  if (width == 4) return v128.load(at);
  let v = f32x4.replace_lane(f32x4.splat(0), 0, load<f32>(at));
  if (width > 1) v = f32x4.replace_lane(v, 1, load<f32>(at, 4));
  if (width > 2) v = f32x4.replace_lane(v, 2, load<f32>(at, 8));
  return v;
}

function store4(at: usize, v: v128, width: i32): void {
  if (width == 4) {
    v128.store(at, v);
    return;
  }
  store<f32>(at, f32x4.extract_lane(v, 0));
  if (width > 1) store<f32>(at, f32x4.extract_lane(v, 1), 4);
  if (width > 2) store<f32>(at, f32x4.extract_lane(v, 2), 8);
}
