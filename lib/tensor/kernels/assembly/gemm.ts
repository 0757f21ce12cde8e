// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { packAcross, packAlong } from "./gemm_pack.ts";
import { madd, maddScalar, sumLanes } from "./simd.ts";

// C[m, n] = activation(op(A)[m, k] · op(B)[k, n] + bias[n]), all float32 and row-major, op the identity or a transpose.
//
// Blocks of B (BLOCK_K × BLOCK_N) and of A (BLOCK_M × BLOCK_K) are copied into scratch memory as panels of 8 columns and
// 4 rows, so that the inner kernel reads both in order, whatever the transposes. It keeps a 4×8 tile of C in eight
// registers; wider tiles spill on 16-register machines.
//
// Each element of C is the bias (or 0) plus its products in the order of k, one accumulator, whatever the block sizes and
// the numbers of rows and columns (n = 1 without transposed A excepted). So a row's result never depends on how many rows
// are computed with it.

const BLOCK_M: i32 = 128;
const BLOCK_K: i32 = 256;
const BLOCK_N: i32 = 512;
const PANEL_A: usize = 0;
const PANEL_B: usize = <usize> (BLOCK_M * BLOCK_K * 4);
const TILE: usize = PANEL_B + <usize> (BLOCK_K * BLOCK_N * 4);

/** Up to this many rows B is read where it lies: copying would cost more than it saves. */
const FEW_ROWS: i32 = 16;

// Activations, see gemm.ts of the host.
const RELU: i32 = 1;
const RELU6: i32 = 2;
const LEAKY_RELU: i32 = 3;

/** Bytes of scratch memory that `gemm` needs. */
export function gemmScratchBytes(): i32 {
  return <i32> TILE + 4 * 8 * 4;
}

/** One product; `bias` is 0 or the address of n numbers. `c` must not overlap `a`, `b` or `bias`. */
export function gemm(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  bias: usize,
  activation: i32,
  alpha: f32,
  scratch: usize,
): void {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (let i = 0; i < m; i++) {
      const row = c + (<usize> (i * n) << 2);
      for (let j = 0; j < n; j++) {
        const sum: f32 = bias ? load<f32>(bias + (<usize> j << 2)) : 0;
        store<f32>(row + (<usize> j << 2), activateScalar(sum, activation, alpha));
      }
    }
    return;
  }
  if (n == 1) {
    const start: f32 = bias ? load<f32>(bias) : 0;
    if (transposeA) {
      for (let i = 0; i < m; i++) store<f32>(c + (<usize> i << 2), start);
      weightedRows(b, a, m, k, c, activation, alpha);
    } else {
      for (let i = 0; i < m; i++) {
        const sum = start + dot(a + (<usize> (i * k) << 2), b, k);
        store<f32>(c + (<usize> i << 2), activateScalar(sum, activation, alpha));
      }
    }
    return;
  }
  if (m == 1 && !transposeB) {
    if (bias) memory.copy(c, bias, <usize> n << 2);
    else memory.fill(c, 0, <usize> n << 2);
    weightedRows(a, b, n, k, c, activation, alpha);
    return;
  }
  blocks(a, b, c, m, n, k, transposeA, transposeB, bias, activation, alpha, scratch);
}

function blocks(
  a: usize,
  b: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  bias: usize,
  activation: i32,
  alpha: f32,
  scratch: usize,
): void {
  const panelA = scratch + PANEL_A;
  const panelB = scratch + PANEL_B;
  const tile = scratch + TILE;
  const strideA = <usize> (transposeA ? m : k) << 2;
  const strideB = <usize> (transposeB ? k : n) << 2;
  const strideC = <usize> n << 2;
  const inPlaceB = !transposeB && m <= FEW_ROWS;

  for (let j0 = 0; j0 < n; j0 += BLOCK_N) {
    const nb = min(BLOCK_N, n - j0);
    for (let p0 = 0; p0 < k; p0 += BLOCK_K) {
      const kb = min(BLOCK_K, k - p0);
      const first = p0 == 0;
      const last = p0 + kb == k;
      const blockB = b +
        (transposeB ? <usize> j0 * strideB + (<usize> p0 << 2) : <usize> p0 * strideB + (<usize> j0 << 2));
      // Column panels read in place must be whole; a last narrow one is copied, with zeros after its end.
      const packedFrom = inPlaceB ? nb & ~7 : 0;
      for (let j = packedFrom; j < nb; j += 8) {
        const panel = panelB + (<usize> (j * kb) << 2);
        const width = min(8, nb - j);
        const source = blockB + (transposeB ? <usize> j * strideB : <usize> j << 2);
        const second = source + (transposeB ? strideB << 2 : 16);
        if (transposeB) {
          packAcross(source, strideB, panel, 32, kb, min(4, width));
          packAcross(second, strideB, panel + 16, 32, kb, max(0, width - 4));
        } else {
          packAlong(source, strideB, panel, 32, kb, min(4, width));
          packAlong(second, strideB, panel + 16, 32, kb, max(0, width - 4));
        }
      }

      for (let i0 = 0; i0 < m; i0 += BLOCK_M) {
        const mb = min(BLOCK_M, m - i0);
        const blockA = a +
          (transposeA ? <usize> p0 * strideA + (<usize> i0 << 2) : <usize> i0 * strideA + (<usize> p0 << 2));
        for (let i = 0; i < mb; i += 4) {
          const panel = panelA + (<usize> (i * kb) << 2);
          const height = min(4, mb - i);
          if (transposeA) packAlong(blockA + (<usize> i << 2), strideA, panel, 16, kb, height);
          else packAcross(blockA + <usize> i * strideA, strideA, panel, 16, kb, height);
        }

        for (let j = 0; j < nb; j += 8) {
          const width = min(8, nb - j);
          const inPlace = j < packedFrom;
          const columnB = inPlace ? blockB + (<usize> j << 2) : panelB + (<usize> (j * kb) << 2);
          const stepB = inPlace ? strideB : 32;
          const biasHere = bias ? bias + (<usize> (j0 + j) << 2) : 0;
          for (let i = 0; i < mb; i += 4) {
            const height = min(4, mb - i);
            const rowA = panelA + (<usize> (i * kb) << 2);
            const target = c + <usize> (i0 + i) * strideC + (<usize> (j0 + j) << 2);
            if (width == 8 && height == 4) {
              kernel4x8(rowA, columnB, stepB, kb, target, strideC, !first, biasHere);
              if (last && activation) activateTile(target, strideC, activation, alpha);
            } else {
              loadTile(tile, target, strideC, height, width, first, biasHere);
              kernel4x8(rowA, columnB, stepB, kb, tile, 32, true, 0);
              if (last && activation) activateTile(tile, 32, activation, alpha);
              storeTile(tile, target, strideC, height, width);
            }
          }
        }
      }
    }
  }
}

/** Adds panel a [k, 4] transposed times panel b [k, 8] (`stepB` bytes a row) to the tile at `c`, or to the bias. */
function kernel4x8(
  a: usize,
  b: usize,
  stepB: usize,
  k: i32,
  c: usize,
  strideC: usize,
  accumulate: bool,
  bias: usize,
): void {
  const c1 = c + strideC;
  const c2 = c1 + strideC;
  const c3 = c2 + strideC;
  let s00 = f32x4.splat(0), s01 = s00;
  let s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  if (accumulate) {
    s00 = v128.load(c), s01 = v128.load(c, 16);
    s10 = v128.load(c1), s11 = v128.load(c1, 16);
    s20 = v128.load(c2), s21 = v128.load(c2, 16);
    s30 = v128.load(c3), s31 = v128.load(c3, 16);
  } else if (bias) {
    s00 = v128.load(bias), s01 = v128.load(bias, 16);
    s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    const a1 = v128.load32_splat(a, 4);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    const a2 = v128.load32_splat(a, 8);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    const a3 = v128.load32_splat(a, 12);
    s30 = madd(a3, b0, s30);
    s31 = madd(a3, b1, s31);
    a += 16;
    b += stepB;
  }
  v128.store(c, s00), v128.store(c, s01, 16);
  v128.store(c1, s10), v128.store(c1, s11, 16);
  v128.store(c2, s20), v128.store(c2, s21, 16);
  v128.store(c3, s30), v128.store(c3, s31, 16);
}

function loadTile(
  tile: usize,
  c: usize,
  strideC: usize,
  height: i32,
  width: i32,
  first: bool,
  bias: usize,
): void {
  memory.fill(tile, 0, 4 * 8 * 4);
  if (first && !bias) return;
  for (let i = 0; i < height; i++) {
    const source = first ? bias : c + <usize> i * strideC;
    for (let j = 0; j < width; j++) {
      store<f32>(tile + (<usize> (i * 8 + j) << 2), load<f32>(source + (<usize> j << 2)));
    }
  }
}

function storeTile(tile: usize, c: usize, strideC: usize, height: i32, width: i32): void {
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      store<f32>(c + (<usize> j << 2), load<f32>(tile + (<usize> (i * 8 + j) << 2)));
    }
    c += strideC;
  }
}

function activateTile(c: usize, strideC: usize, activation: i32, alpha: f32): void {
  for (let i = 0; i < 4; i++) {
    v128.store(c, activate(v128.load(c), activation, alpha));
    v128.store(c, activate(v128.load(c, 16), activation, alpha), 16);
    c += strideC;
  }
}

/**
 * Adds Σ_p weights[p] · rows[p, :] (rows of n numbers) to the n numbers at `c` and activates them. Eight rows at a time,
 * so that memory is read along, not across; p still rises.
 */
function weightedRows(
  weights: usize,
  rows: usize,
  n: i32,
  k: i32,
  c: usize,
  activation: i32,
  alpha: f32,
): void {
  const stride = <usize> n << 2;
  let p = 0;
  for (; p + 8 <= k; p += 8) {
    const w0 = v128.load32_splat(weights), w1 = v128.load32_splat(weights, 4);
    const w2 = v128.load32_splat(weights, 8), w3 = v128.load32_splat(weights, 12);
    const w4 = v128.load32_splat(weights, 16), w5 = v128.load32_splat(weights, 20);
    const w6 = v128.load32_splat(weights, 24), w7 = v128.load32_splat(weights, 28);
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const target = c + (<usize> j << 2);
      let row = rows + (<usize> j << 2);
      let sum = madd(w0, v128.load(row), v128.load(target));
      sum = madd(w1, v128.load(row += stride), sum);
      sum = madd(w2, v128.load(row += stride), sum);
      sum = madd(w3, v128.load(row += stride), sum);
      sum = madd(w4, v128.load(row += stride), sum);
      sum = madd(w5, v128.load(row += stride), sum);
      sum = madd(w6, v128.load(row += stride), sum);
      sum = madd(w7, v128.load(row += stride), sum);
      v128.store(target, sum);
    }
    for (; j < n; j++) {
      const target = c + (<usize> j << 2);
      let row = rows + (<usize> j << 2);
      let sum = load<f32>(target);
      for (let q: usize = 0; q < 32; q += 4) {
        sum = maddScalar(load<f32>(weights + q), load<f32>(row), sum);
        row += stride;
      }
      store<f32>(target, sum);
    }
    weights += 32;
    rows += stride << 3;
  }
  for (; p < k; p++) {
    const w = v128.load32_splat(weights);
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const target = c + (<usize> j << 2);
      v128.store(target, madd(w, v128.load(rows + (<usize> j << 2)), v128.load(target)));
    }
    for (; j < n; j++) {
      const target = c + (<usize> j << 2);
      store<f32>(target, maddScalar(load<f32>(weights), load<f32>(rows + (<usize> j << 2)), load<f32>(target)));
    }
    weights += 4;
    rows += stride;
  }
  if (activation) {
    for (let j = 0; j < n; j++) {
      const target = c + (<usize> j << 2);
      store<f32>(target, activateScalar(load<f32>(target), activation, alpha));
    }
  }
}

function dot(x: usize, y: usize, k: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let p = 0;
  for (; p + 16 <= k; p += 16) {
    s0 = madd(v128.load(x), v128.load(y), s0);
    s1 = madd(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = madd(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = madd(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; p < k; p++) {
    sum = maddScalar(load<f32>(x), load<f32>(y), sum);
    x += 4;
    y += 4;
  }
  return sum;
}

/** Not-a-number stays not-a-number: f32x4.max and min pass it on. */
function activate(v: v128, activation: i32, alpha: f32): v128 {
  const zero = f32x4.splat(0);
  if (activation == RELU) return f32x4.max(v, zero);
  if (activation == RELU6) return f32x4.min(f32x4.max(v, zero), f32x4.splat(6));
  if (activation == LEAKY_RELU) return v128.bitselect(f32x4.mul(v, f32x4.splat(alpha)), v, f32x4.lt(v, zero));
  return v;
}

function activateScalar(v: f32, activation: i32, alpha: f32): f32 {
  return f32x4.extract_lane(activate(f32x4.splat(v), activation, alpha), 0);
}

/** C[m, n] = activation(C + bias[n]) in place; `bias` is 0 or the address of n numbers. */
export function biasActivate(c: usize, m: i32, n: i32, bias: usize, activation: i32, alpha: f32): void {
  for (let i = 0; i < m; i++) {
    const row = c + (<usize> (i * n) << 2);
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = row + (<usize> j << 2);
      let v = v128.load(at);
      if (bias) v = f32x4.add(v, v128.load(bias + (<usize> j << 2)));
      v128.store(at, activate(v, activation, alpha));
    }
    for (; j < n; j++) {
      const at = row + (<usize> j << 2);
      const sum = bias ? load<f32>(at) + load<f32>(bias + (<usize> j << 2)) : load<f32>(at);
      store<f32>(at, activateScalar(sum, activation, alpha));
    }
  }
}
