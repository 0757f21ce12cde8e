// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { boundedSigmoid4, tanh4 } from "../../kernels/assembly/elementary.ts";
import { madd } from "../../kernels/assembly/simd.ts";
import { addScaled, dot } from "../table_sum/kernel.ts";

// Gated recurrent cells of width H on rows that indices choose. All float32 or int32, row-major:
//   a        [G, 3H]  input part of the gates r, z, n; node u takes row rows[u]
//   b        [P, 3H]  hidden part, and
//   h        [P, H]   hidden state, both of u's parent, parents[u]
//   gates    [U, 4H]  r, z, n and the hidden part of n, kept for the gradient

/** out[u] = n + z (h - n) for each of `count` nodes; writes `gates` unless that is 0. */
export function gruCells(
  a: usize,
  rows: usize,
  b: usize,
  h: usize,
  parents: usize,
  out: usize,
  gates: usize,
  count: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  const whole = stride & ~15;
  for (let u = 0; u < count; u++) {
    const parent = indexAt(parents, u);
    const aRow = a + 3 * stride * indexAt(rows, u);
    const bRow = b + 3 * stride * parent;
    const hRow = h + stride * parent;
    for (let k: usize = 0; k < whole; k += 16) cell<v128>(aRow + k, bRow + k, hRow + k, out + k, gates, k, stride);
    for (let k = whole; k < stride; k += 4) cell<f32>(aRow + k, bRow + k, hRow + k, out + k, gates, k, stride);
    out += stride;
    if (gates) gates += 4 * stride;
  }
}

/**
 * Gradients of `gruCells` for entries e, which are nodes (`nodes` is 0) or samples at a node each (`nodes[e]`).
 *
 * @param dy, dy2 [count, H]: their sum is the gradient of each entry's h'; dy2 is 0 for none.
 * @param dA [G, 3H]: added to, in the nodes' rows.
 * @param dAOfEntry [count, 3H]: the same of each entry, or 0.
 * @param dB, dH Added to at the parents [P, 3H] and [P, H], or written entry by entry [count, 3H] and [count, H].
 */
export function gruCellsGradient(
  dy: usize,
  dy2: usize,
  nodes: usize,
  rows: usize,
  parents: usize,
  gates: usize,
  h: usize,
  dA: usize,
  dAOfEntry: usize,
  dB: usize,
  dH: usize,
  addsToParents: bool,
  count: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  const whole = stride & ~15;
  for (let e = 0; e < count; e++) {
    const node = nodes ? indexAt(nodes, e) : <usize> e;
    const parent = indexAt(parents, <i32> node);
    const gateRow = gates + 4 * stride * node;
    const hRow = h + stride * parent;
    const aRow = dA + 3 * stride * indexAt(rows, <i32> node);
    const place = addsToParents ? parent : <usize> e;
    const bRow = dB + 3 * stride * place;
    const dhRow = dH + stride * place;
    for (let k: usize = 0; k < whole; k += 16) {
      cellGradient<v128>(
        dy + k,
        dy2,
        gateRow + k,
        hRow + k,
        aRow + k,
        dAOfEntry,
        bRow + k,
        dhRow + k,
        k,
        stride,
        addsToParents,
      );
    }
    for (let k = whole; k < stride; k += 4) {
      cellGradient<f32>(
        dy + k,
        dy2,
        gateRow + k,
        hRow + k,
        aRow + k,
        dAOfEntry,
        bRow + k,
        dhRow + k,
        k,
        stride,
        addsToParents,
      );
    }
    dy += stride;
    if (dy2) dy2 += stride;
    if (dAOfEntry) dAOfEntry += 3 * stride;
  }
}

/** out[e] = source[rows[e]], of `count` rows. */
export function copyRows(source: usize, rows: usize, out: usize, count: i32, width: i32): void {
  const stride = <usize> width << 2;
  for (let e = 0; e < count; e++) {
    memory.copy(out, source + stride * indexAt(rows, e), stride);
    out += stride;
  }
}

/** target[rows[e]] += source[e], of `count` rows. */
export function addRows(source: usize, rows: usize, target: usize, count: i32, width: i32): void {
  const stride = <usize> width << 2;
  for (let e = 0; e < count; e++) {
    addScaled(target + stride * indexAt(rows, e), source, 1, stride);
    source += stride;
  }
}

/**
 * Straight-through gradient of one variable of c categories through its table: out[e, k] += ⟨jacobian[x·c + k], d[e]⟩,
 * where x is the entry's category, rows[nodes[e]] - firstRow.
 */
export function addJacobian(
  d: usize,
  jacobian: usize,
  nodes: usize,
  rows: usize,
  firstRow: i32,
  c: i32,
  out: usize,
  count: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  for (let e = 0; e < count; e++) {
    const category = indexAt(rows, <i32> indexAt(nodes, e)) - <usize> firstRow;
    let row = jacobian + stride * category * <usize> c;
    for (let k = 0; k < c; k++) {
      store<f32>(out, load<f32>(out) + dot(row, d, stride));
      row += stride;
      out += 4;
    }
    d += stride;
  }
}

function cell<T>(
  a: usize,
  b: usize,
  h: usize,
  out: usize,
  gates: usize,
  k: usize,
  stride: usize,
): void {
  const r = boundedSigmoid4(f32x4.add(take<T>(a), take<T>(b)));
  const z = boundedSigmoid4(f32x4.add(take<T>(a + stride), take<T>(b + stride)));
  const hidden = take<T>(b + 2 * stride);
  const n = tanh4(madd(r, hidden, take<T>(a + 2 * stride)));
  put<T>(out, madd(z, f32x4.sub(take<T>(h), n), n));
  if (gates == 0) return;
  put<T>(gates + k, r);
  put<T>(gates + k + stride, z);
  put<T>(gates + k + 2 * stride, n);
  put<T>(gates + k + 3 * stride, hidden);
}

function cellGradient<T>(
  dy: usize,
  dy2: usize,
  gates: usize,
  h: usize,
  dA: usize,
  dAOfEntry: usize,
  dB: usize,
  dH: usize,
  k: usize,
  stride: usize,
  adds: bool,
): void {
  const one = f32x4.splat(1);
  const r = take<T>(gates), z = take<T>(gates + stride), n = take<T>(gates + 2 * stride);
  const d = dy2 ? f32x4.add(take<T>(dy), take<T>(dy2 + k)) : take<T>(dy);
  const dh = f32x4.mul(d, z);
  const dn = f32x4.mul(f32x4.sub(d, dh), f32x4.sub(one, f32x4.mul(n, n)));
  const dz = f32x4.mul(f32x4.mul(dh, f32x4.sub(take<T>(h), n)), f32x4.sub(one, z));
  const dbn = f32x4.mul(dn, r);
  const dr = f32x4.mul(f32x4.mul(dbn, take<T>(gates + 3 * stride)), f32x4.sub(one, r));
  put<T>(dA, f32x4.add(take<T>(dA), dr));
  put<T>(dA + stride, f32x4.add(take<T>(dA + stride), dz));
  put<T>(dA + 2 * stride, f32x4.add(take<T>(dA + 2 * stride), dn));
  if (dAOfEntry) {
    put<T>(dAOfEntry + k, dr);
    put<T>(dAOfEntry + k + stride, dz);
    put<T>(dAOfEntry + k + 2 * stride, dn);
  }
  if (adds) {
    put<T>(dB, f32x4.add(take<T>(dB), dr));
    put<T>(dB + stride, f32x4.add(take<T>(dB + stride), dz));
    put<T>(dB + 2 * stride, f32x4.add(take<T>(dB + 2 * stride), dbn));
    put<T>(dH, f32x4.add(take<T>(dH), dh));
  } else {
    put<T>(dB, dr);
    put<T>(dB + stride, dz);
    put<T>(dB + 2 * stride, dbn);
    put<T>(dH, dh);
  }
}

/** Four numbers, or one of them in all lanes. */
function take<T>(address: usize): v128 {
  if (isVector<T>()) return v128.load(address);
  return v128.load32_splat(address);
}

function put<T>(address: usize, value: v128): void {
  if (isVector<T>()) v128.store(address, value);
  else store<f32>(address, f32x4.extract_lane(value, 0));
}

function indexAt(indices: usize, place: i32): usize {
  return <usize> load<i32>(indices + (<usize> place << 2));
}
