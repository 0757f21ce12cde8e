// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
import { madd, sumLanes } from "../../kernels/assembly/simd.ts";
import { dot } from "../table_sum/kernel.ts";

// Derivatives of a ReLU network along directions, at points. All float32 or int32, row-major.

/**
 * out[s] = source[sourceRows[s]] where gate[points[s]] is above zero, else 0; H numbers each. Address 0 of sourceRows
 * stands for s itself; then out may be source.
 */
export function gateRows(
  source: usize,
  sourceRows: usize,
  gate: usize,
  points: usize,
  out: usize,
  count: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  const zero = f32x4.splat(0);
  for (let s = 0; s < count; s++) {
    const entry = <usize> s << 2;
    const from = source + <usize> (sourceRows ? load<i32>(sourceRows + entry) : s) * stride;
    const open = gate + <usize> load<i32>(points + entry) * stride;
    const to = out + <usize> s * stride;
    let h: usize = 0;
    for (; h + 16 <= stride; h += 16) {
      v128.store(to + h, v128.and(v128.load(from + h), f32x4.gt(v128.load(open + h), zero)));
    }
    for (; h < stride; h += 4) store<f32>(to + h, load<f32>(open + h) > 0 ? load<f32>(from + h) : 0);
  }
}

/**
 * out[r % B, columns[s]] += ⟨dy[r], jacobian[s]⟩ for every point p, its entries s from firstEntry[p] to
 * firstEntry[p + 1] and its rows r = rows[o], o from firstRow[p] to firstRow[p + 1]. A point's Jacobian stays in the
 * cache while its rows pass. out [B, W] is zeroed by the caller.
 */
export function jacobianProducts(
  dy: usize,
  jacobian: usize,
  firstEntry: usize,
  columns: usize,
  firstRow: usize,
  rows: usize,
  out: usize,
  points: i32,
  batch: i32,
  width: i32,
  outWidth: i32,
): void {
  const stride = <usize> width << 2;
  for (let p = 0; p < points; p++) {
    const place = <usize> p << 2;
    const start = load<i32>(firstRow + place);
    const end = load<i32>(firstRow + place, 4);
    const last = load<i32>(firstEntry + place, 4);
    let s = load<i32>(firstEntry + place);
    for (; s + 4 <= last; s += 4) {
      const a = jacobian + <usize> s * stride;
      const b = a + stride;
      const c = b + stride;
      const d = c + stride;
      const column = columns + (<usize> s << 2);
      for (let o = start; o < end; o++) {
        const r = load<i32>(rows + (<usize> o << 2));
        const x = dy + <usize> r * stride;
        let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        let h: usize = 0;
        for (; h + 32 <= stride; h += 32) {
          const x0 = v128.load(x + h);
          const x1 = v128.load(x + h, 16);
          a0 = madd(x0, v128.load(a + h), a0);
          a1 = madd(x1, v128.load(a + h, 16), a1);
          b0 = madd(x0, v128.load(b + h), b0);
          b1 = madd(x1, v128.load(b + h, 16), b1);
          c0 = madd(x0, v128.load(c + h), c0);
          c1 = madd(x1, v128.load(c + h, 16), c1);
          d0 = madd(x0, v128.load(d + h), d0);
          d1 = madd(x1, v128.load(d + h, 16), d1);
        }
        let sumA = sumLanes(f32x4.add(a0, a1));
        let sumB = sumLanes(f32x4.add(b0, b1));
        let sumC = sumLanes(f32x4.add(c0, c1));
        let sumD = sumLanes(f32x4.add(d0, d1));
        for (; h < stride; h += 4) {
          const number = load<f32>(x + h);
          sumA += number * load<f32>(a + h);
          sumB += number * load<f32>(b + h);
          sumC += number * load<f32>(c + h);
          sumD += number * load<f32>(d + h);
        }
        const target = out + (<usize> ((r % batch) * outWidth) << 2);
        add(target, load<i32>(column), sumA);
        add(target, load<i32>(column, 4), sumB);
        add(target, load<i32>(column, 8), sumC);
        add(target, load<i32>(column, 12), sumD);
      }
    }
    for (; s < last; s++) {
      const a = jacobian + <usize> s * stride;
      for (let o = start; o < end; o++) {
        const r = load<i32>(rows + (<usize> o << 2));
        const x = dy + <usize> r * stride;
        const sum = dot(x, a, stride);
        add(out + (<usize> ((r % batch) * outWidth) << 2), load<i32>(columns + (<usize> s << 2)), sum);
      }
    }
  }
}

function add(row: usize, column: i32, value: f32): void {
  const entry = row + (<usize> column << 2);
  store<f32>(entry, load<f32>(entry) + value);
}
