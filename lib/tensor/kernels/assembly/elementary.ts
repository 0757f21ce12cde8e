// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { madd } from "./simd.ts";

// exp, log and tanh in each lane, after Cephes' expf, logf and tanhf (S. Moshier, netlib.org/cephes): exp and log at most
// about two units in the last place off. Polynomials only: the standard library's tables would be static data in
// TensorFlow.js's memory.

/** e to the power of each lane; 0 below -87.33, infinity above 88.72, not-a-number stays. */
export function exp4(x: v128): v128 {
  const low = f32x4.splat(-87.33654), high = f32x4.splat(88.72283);
  const clamped = f32x4.min(f32x4.max(x, low), high);
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504088896341)));
  // ln 2 in two parts, the first exact in few bits.
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  // Two factors: 2^128 alone has no float32.
  const exponent = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(exponent, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(exponent, half), bias), 23);
  const result = f32x4.mul(f32x4.mul(p, first), second);
  const bounded = v128.bitselect(f32x4.splat(f32.POSITIVE_INFINITY), result, f32x4.gt(x, high));
  return v128.andnot(bounded, f32x4.lt(x, low));
}

/** Natural logarithm of each lane; -infinity at 0, not-a-number below. Subnormal numbers count as 0. */
export function log4(x: v128): v128 {
  const smallest = f32x4.splat(1.17549435e-38);
  const bounded = f32x4.max(x, smallest);
  let exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(bounded, 23), i32x4.splat(126)));
  // Mantissa in [0.5, 1).
  let m = v128.or(v128.and(bounded, i32x4.splat(0x007fffff)), f32x4.splat(0.5));
  // Below sqrt(1/2): double it, so that m - 1 is small.
  const low = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  exponent = f32x4.sub(exponent, v128.and(low, f32x4.splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), f32x4.splat(1));
  const z = f32x4.mul(m, m);
  let p = f32x4.splat(7.0376836292e-2);
  p = madd(p, m, f32x4.splat(-1.1514610310e-1));
  p = madd(p, m, f32x4.splat(1.1676998740e-1));
  p = madd(p, m, f32x4.splat(-1.2420140846e-1));
  p = madd(p, m, f32x4.splat(1.4249322787e-1));
  p = madd(p, m, f32x4.splat(-1.6668057665e-1));
  p = madd(p, m, f32x4.splat(2.0000714765e-1));
  p = madd(p, m, f32x4.splat(-2.4999993993e-1));
  p = madd(p, m, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = madd(exponent, f32x4.splat(-2.12194440e-4), p);
  p = f32x4.sub(p, f32x4.mul(z, f32x4.splat(0.5)));
  const result = madd(exponent, f32x4.splat(0.693359375), f32x4.add(m, p));
  const zero = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), result, f32x4.lt(x, smallest));
  const negative = v128.bitselect(f32x4.splat(f32.NaN), zero, f32x4.lt(x, f32x4.splat(0)));
  const infinite = v128.bitselect(x, negative, f32x4.eq(x, f32x4.splat(f32.POSITIVE_INFINITY)));
  // Not-a-number passes f32x4.max but not the bit operations on its exponent.
  return v128.bitselect(x, infinite, f32x4.ne(x, x));
}

/** 1 / (1 + e^-x) of each lane. */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** e to the power of each lane, of lanes outside of ±86 that of ±86; not-a-number stays. Half the work of `exp4`. */
function boundedExp4(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-86)), f32x4.splat(86));
  // Added to 1.5 · 2^23, a number is rounded to an integer, whose low bits stand in those of the sum.
  const magic = f32x4.splat(12582912);
  const t = madd(bounded, f32x4.splat(1.44269504088896341), magic);
  const n = f32x4.sub(t, magic);
  let r = madd(n, f32x4.splat(-0.693359375), bounded);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(madd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  const power = i32x4.add(i32x4.shl(t, 23), f32x4.splat(1)); // 2^n
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^-x) of each lane, at least 4e-38. */
export function boundedSigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, boundedExp4(f32x4.neg(x))));
}

/** Hyperbolic tangent of each lane. */
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const one = f32x4.splat(1);
  const e = boundedExp4(f32x4.add(size, size));
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  // Odd like tanh.
  const signed = v128.or(large, v128.and(x, f32x4.splat(-0.0)));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = madd(p, z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, z), x, x);
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.625)));
}
