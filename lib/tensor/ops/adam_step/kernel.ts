// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { sumLanes } from "../../kernels/assembly/simd.ts";

/** Numbers summed in float32 before the sum moves to float64. */
const BLOCK: i32 = 1024;

/** Sum of the squares of `size` numbers. */
export function sumOfSquares(x: usize, size: i32): f64 {
  let total: f64 = 0;
  while (size >= 16) {
    const count = min(size, BLOCK) & ~15;
    const end = x + (<usize> count << 2);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (; x < end; x += 64) {
      const x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
      s0 = f32x4.add(s0, f32x4.mul(x0, x0));
      s1 = f32x4.add(s1, f32x4.mul(x1, x1));
      s2 = f32x4.add(s2, f32x4.mul(x2, x2));
      s3 = f32x4.add(s3, f32x4.mul(x3, x3));
    }
    total += <f64> sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    size -= count;
  }
  for (; size > 0; size--) {
    const value = <f64> load<f32>(x);
    total += value * value;
    x += 4;
  }
  return total;
}

/**
 * One Adam step on `size` parameters:
 * g = gradient · scale, m = m β1 + g (1 - β1), v = v β2 + g² (1 - β2), parameter -= m · rate / (√v · correction + ε).
 * `gradient` may be 0, which stands for zeros; `out` may be `parameter`. `mean` and `square` change in place.
 */
export function adam(
  parameter: usize,
  gradient: usize,
  mean: usize,
  square: usize,
  out: usize,
  size: i32,
  scale: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  rate: f32,
  correction: f32,
  epsilon: f32,
): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2), c2 = f32x4.splat(oneMinusBeta2);
  const scales = f32x4.splat(scale), rates = f32x4.splat(rate);
  const corrections = f32x4.splat(correction), epsilons = f32x4.splat(epsilon);
  let k = 0;
  for (; k + 4 <= size; k += 4) {
    const g = gradient ? f32x4.mul(v128.load(gradient), scales) : f32x4.splat(0);
    const m = f32x4.add(f32x4.mul(v128.load(mean), b1), f32x4.mul(g, c1));
    const v = f32x4.add(f32x4.mul(v128.load(square), b2), f32x4.mul(f32x4.mul(g, g), c2));
    const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(v), corrections), epsilons);
    v128.store(mean, m);
    v128.store(square, v);
    v128.store(out, f32x4.sub(v128.load(parameter), f32x4.div(f32x4.mul(m, rates), divisor)));
    parameter += 16;
    if (gradient) gradient += 16;
    mean += 16;
    square += 16;
    out += 16;
  }
  for (; k < size; k++) {
    const g: f32 = gradient ? load<f32>(gradient) * scale : 0;
    const m = load<f32>(mean) * beta1 + g * oneMinusBeta1;
    const v = load<f32>(square) * beta2 + g * g * oneMinusBeta2;
    store<f32>(mean, m);
    store<f32>(square, v);
    store<f32>(out, load<f32>(parameter) - m * rate / (sqrt<f32>(v) * correction + epsilon));
    parameter += 4;
    if (gradient) gradient += 4;
    mean += 4;
    square += 4;
    out += 4;
  }
}
