// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { exp4, log4, sigmoid4 } from "../../kernels/assembly/elementary.ts";
import { maxLanes, sumLanes } from "../../kernels/assembly/simd.ts";

// Functions of rows of c float32 numbers that lie one after another. `scratch` has room for a row, rounded up to a
// multiple of four; a row is worked on there, so that every vector is whole.

/** 2^-23, the smallest probability that a logarithm is taken of. */
const FLOOR: f32 = 1.1920929e-7;
const CEILING: f32 = 1 - FLOOR;

/** log(clamp(softmax(logits))). */
export function logSoftmax(logits: usize, out: usize, rows: i32, c: i32, scratch: usize): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRow(logits, 0, 1, c, scratch);
    for (let k: usize = 0; k < bytes; k += 16) v128.store(scratch + k, log4(clamp4(v128.load(scratch + k))));
    for (let k: usize = 0; k < bytes; k += 4) store<f32>(out + k, load<f32>(scratch + k));
    logits += bytes;
    out += bytes;
  }
}

/** Gradient of `logSoftmax`: d = dy where the clamp is idle, else 0; d - p Σ d. */
export function logSoftmaxGradient(
  logits: usize,
  dy: usize,
  out: usize,
  rows: i32,
  c: i32,
  scratch: usize,
): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRow(logits, 0, 1, c, scratch);
    passGradient(scratch, dy, 1, out, bytes);
    logits += bytes;
    dy += bytes;
    out += bytes;
  }
}

/** Σ_k target[k] · log(clamp(softmax(logits)))[k], one number a row. */
export function logLikelihood(
  logits: usize,
  target: usize,
  out: usize,
  rows: i32,
  c: i32,
  scratch: usize,
): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRow(logits, 0, 1, c, scratch);
    let sum: f32 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const weight = load<f32>(target + k);
      // The logarithm is finite unless all probabilities are not-a-number.
      if (weight != 0) {
        sum += weight * f32x4.extract_lane(log4(clamp4(v128.load32_splat(scratch + k))), 0);
      }
    }
    store<f32>(out, sum);
    logits += bytes;
    target += bytes;
    out += 4;
  }
}

/** Gradient of `logLikelihood` with respect to the logits; `dy` has one number a row. */
export function logLikelihoodGradient(
  logits: usize,
  target: usize,
  dy: usize,
  out: usize,
  rows: i32,
  c: i32,
  scratch: usize,
): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRow(logits, 0, 1, c, scratch);
    passGradient(scratch, target, load<f32>(dy), out, bytes);
    logits += bytes;
    target += bytes;
    dy += 4;
    out += bytes;
  }
}

/** One-hot of the first largest of scores + noise; `noise` may be 0. */
export function oneHotOfLargest(scores: usize, noise: usize, out: usize, rows: i32, c: i32): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    let best: usize = 0;
    let largest = f32.NEGATIVE_INFINITY;
    for (let k: usize = 0; k < bytes; k += 4) {
      const value = load<f32>(scores + k) + (noise ? load<f32>(noise + k) : 0);
      if (value > largest) {
        largest = value;
        best = k;
      }
      store<f32>(out + k, 0);
    }
    if (c > 0) store<f32>(out + best, 1);
    scores += bytes;
    if (noise) noise += bytes;
    out += bytes;
  }
}

/** Gradient of softmax((logits + noise) / temperature): p (dy - Σ p dy) / temperature. */
export function softmaxGradient(
  logits: usize,
  noise: usize,
  dy: usize,
  out: usize,
  rows: i32,
  c: i32,
  temperature: f32,
  scratch: usize,
): void {
  const bytes = <usize> c << 2;
  for (let row = 0; row < rows; row++) {
    softmaxRow(logits, noise, temperature, c, scratch);
    let sum: f32 = 0;
    for (let k: usize = 0; k < bytes; k += 4) sum += load<f32>(scratch + k) * load<f32>(dy + k);
    for (let k: usize = 0; k < bytes; k += 4) {
      store<f32>(out + k, load<f32>(scratch + k) * (load<f32>(dy + k) - sum) / temperature);
    }
    logits += bytes;
    noise += bytes;
    dy += bytes;
    out += bytes;
  }
}

/** 1 where sigmoid((logits + log u - log(1 - u)) / temperature) > 0.5, else 0, of `size` numbers. */
export function hardSigmoid(logits: usize, uniform: usize, out: usize, size: i32, temperature: f32): void {
  const end = out + (<usize> size << 2);
  const one = f32x4.splat(1);
  for (; out + 16 <= end; out += 16) {
    const soft = noisySigmoid(v128.load(logits), v128.load(uniform), temperature);
    v128.store(out, v128.and(f32x4.gt(soft, f32x4.splat(0.5)), one));
    logits += 16;
    uniform += 16;
  }
  for (; out < end; out += 4) {
    const soft = noisySigmoid(v128.load32_splat(logits), v128.load32_splat(uniform), temperature);
    store<f32>(out, f32x4.extract_lane(soft, 0) > 0.5 ? 1 : 0);
    logits += 4;
    uniform += 4;
  }
}

/** dy times the derivative of the sigmoid in `hardSigmoid`. */
export function hardSigmoidGradient(
  logits: usize,
  uniform: usize,
  dy: usize,
  out: usize,
  size: i32,
  temperature: f32,
): void {
  const end = out + (<usize> size << 2);
  const one = f32x4.splat(1), divisor = f32x4.splat(temperature);
  for (; out + 16 <= end; out += 16) {
    const s = noisySigmoid(v128.load(logits), v128.load(uniform), temperature);
    const slope = f32x4.div(f32x4.mul(s, f32x4.sub(one, s)), divisor);
    v128.store(out, f32x4.mul(v128.load(dy), slope));
    logits += 16;
    uniform += 16;
    dy += 16;
  }
  for (; out < end; out += 4) {
    const soft = noisySigmoid(v128.load32_splat(logits), v128.load32_splat(uniform), temperature);
    const s = f32x4.extract_lane(soft, 0);
    store<f32>(out, load<f32>(dy) * (s * (1 - s) / temperature));
    logits += 4;
    uniform += 4;
    dy += 4;
  }
}

function noisySigmoid(logits: v128, uniform: v128, temperature: f32): v128 {
  const logistic = f32x4.sub(log4(uniform), log4(f32x4.sub(f32x4.splat(1), uniform)));
  return sigmoid4(f32x4.div(f32x4.add(logits, logistic), f32x4.splat(temperature)));
}

/** Gradient of a clamped log-softmax with probabilities p: d = scale · dy where p is not clamped; out = d - p Σ d. */
function passGradient(p: usize, dy: usize, scale: f32, out: usize, bytes: usize): void {
  let sum: f32 = 0;
  for (let k: usize = 0; k < bytes; k += 4) {
    const d = isFree(load<f32>(p + k)) ? scale * load<f32>(dy + k) : 0;
    store<f32>(out + k, d);
    sum += d;
  }
  for (let k: usize = 0; k < bytes; k += 4) store<f32>(out + k, load<f32>(out + k) - load<f32>(p + k) * sum);
}

/** Writes softmax((logits + noise) / temperature) to `out`, with zeros up to a multiple of four; `noise` may be 0. */
function softmaxRow(logits: usize, noise: usize, temperature: f32, c: i32, out: usize): void {
  const bytes = <usize> c << 2;
  const padded = (bytes + 15) & ~15;
  for (let k: usize = 0; k < bytes; k += 4) {
    const value = load<f32>(logits + k) + (noise ? load<f32>(noise + k) : 0);
    store<f32>(out + k, value / temperature);
  }
  for (let k = bytes; k < padded; k += 4) store<f32>(out + k, f32.NEGATIVE_INFINITY);
  let largest = f32x4.splat(f32.NEGATIVE_INFINITY);
  for (let k: usize = 0; k < padded; k += 16) largest = f32x4.max(largest, v128.load(out + k));
  const top = f32x4.splat(maxLanes(largest));
  let sums = f32x4.splat(0);
  for (let k: usize = 0; k < padded; k += 16) {
    const e = exp4(f32x4.sub(v128.load(out + k), top));
    sums = f32x4.add(sums, e);
    v128.store(out + k, e);
  }
  const total = f32x4.splat(sumLanes(sums));
  for (let k: usize = 0; k < padded; k += 16) v128.store(out + k, f32x4.div(v128.load(out + k), total));
}

function clamp4(p: v128): v128 {
  return f32x4.min(f32x4.max(p, f32x4.splat(FLOOR)), f32x4.splat(CEILING));
}

function isFree(p: f32): bool {
  return p >= FLOOR && p <= CEILING;
}
