// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.

// Maxima over masked table rows. All float32 or int32, row-major:
//   table   [J, R, H]   rows of all inputs one after the other
//   rows    [I, B]      int32: the row of input i that sample b takes
//   ownRows [J, B]      int32: the same where input and target are one variable, i = j
//   mask    [B, J, I]   0 and 1; [1, J, I] with maskStride 0
//   winner  [J, B, H]   int32: the input of the largest entry, the first on a tie
//   out, dy [J, B, H]

/** out[j, b] = max of table[j, row of i] over inputs i with mask[b, j, i]; `active` is scratch for 2·I numbers. */
export function tableMax(
  table: usize,
  rows: usize,
  ownRows: usize,
  mask: usize,
  out: usize,
  winner: usize,
  active: usize,
  targets: i32,
  inputs: i32,
  batch: i32,
  tableRows: i32,
  width: i32,
  maskStride: i32,
): void {
  const stride = <usize> width << 2;
  const names = active + (<usize> inputs << 2);
  for (let j = 0; j < targets; j++) {
    const tableJ = table + <usize> (j * tableRows) * stride;
    for (let b = 0; b < batch; b++) {
      const seen = mask + (<usize> (b * maskStride + j * inputs) << 2);
      let count: usize = 0;
      for (let i = 0; i < inputs; i++) {
        if (load<f32>(seen + (<usize> i << 2)) == 0) continue;
        const row = i == j
          ? load<i32>(ownRows + (<usize> (j * batch + b) << 2))
          : load<i32>(rows + (<usize> (i * batch + b) << 2));
        store<u32>(active + (count << 2), <u32> (tableJ + <usize> row * stride));
        store<i32>(names + (count << 2), i);
        count++;
      }
      const place = <usize> (j * batch + b) * stride;
      let h: usize = 0;
      for (; h + 32 <= stride; h += 32) {
        let best0 = f32x4.splat(-Infinity);
        let best1 = best0;
        let name0 = i32x4.splat(0);
        let name1 = name0;
        for (let a: usize = 0; a < count; a++) {
          const source = <usize> load<u32>(active + (a << 2)) + h;
          const name = v128.load32_splat(names + (a << 2));
          const value0 = v128.load(source);
          const value1 = v128.load(source, 16);
          const wins0 = f32x4.gt(value0, best0);
          const wins1 = f32x4.gt(value1, best1);
          best0 = v128.bitselect(value0, best0, wins0);
          best1 = v128.bitselect(value1, best1, wins1);
          name0 = v128.bitselect(name, name0, wins0);
          name1 = v128.bitselect(name, name1, wins1);
        }
        v128.store(out + place + h, best0);
        v128.store(out + place + h, best1, 16);
        v128.store(winner + place + h, name0);
        v128.store(winner + place + h, name1, 16);
      }
      for (; h < stride; h += 4) {
        let best: f32 = -Infinity;
        let name = 0;
        for (let a: usize = 0; a < count; a++) {
          const value = load<f32>(<usize> load<u32>(active + (a << 2)) + h);
          if (value > best) {
            best = value;
            name = load<i32>(names + (a << 2));
          }
        }
        store<f32>(out + place + h, best);
        store<i32>(winner + place + h, name);
      }
    }
  }
}

/** Adds each dy to the table's entry that won; dTable is zeroed by the caller. */
export function tableMaxGradient(
  dy: usize,
  winner: usize,
  rows: usize,
  ownRows: usize,
  dTable: usize,
  targets: i32,
  batch: i32,
  tableRows: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  for (let j = 0; j < targets; j++) {
    const tableJ = dTable + <usize> (j * tableRows) * stride;
    for (let b = 0; b < batch; b++) {
      const place = <usize> (j * batch + b) * stride;
      for (let h: usize = 0; h < stride; h += 4) {
        const i = load<i32>(winner + place + h);
        const row = i == j
          ? load<i32>(ownRows + (<usize> (j * batch + b) << 2))
          : load<i32>(rows + (<usize> (i * batch + b) << 2));
        const entry = tableJ + <usize> row * stride + h;
        store<f32>(entry, load<f32>(entry) + load<f32>(dy + place + h));
      }
    }
  }
}

/**
 * Straight-through gradient of the one-hots of inputs column..column+count-1, all of c categories: where one of them
 * wins, dy times jacobian[j, i, x, k] for each category k, x being its category, row - rowOffset - i·c. Adds to
 * dOwn [count, B, c] where input and target are one variable, to dOthers of the same shape elsewhere; both are zeroed by
 * the caller. jacobian is [J, count, c, c, H].
 */
export function tableMaxInputGradient(
  dy: usize,
  winner: usize,
  rows: usize,
  ownRows: usize,
  jacobian: usize,
  dOwn: usize,
  dOthers: usize,
  targets: i32,
  column: i32,
  count: i32,
  categories: i32,
  rowOffset: i32,
  batch: i32,
  width: i32,
): void {
  const stride = <usize> width << 2;
  for (let j = 0; j < targets; j++) {
    for (let b = 0; b < batch; b++) {
      const place = <usize> (j * batch + b) * stride;
      for (let h: usize = 0; h < stride; h += 4) {
        const i = load<i32>(winner + place + h);
        const v = i - column;
        if (v < 0 || v >= count) continue;
        const delta = load<f32>(dy + place + h);
        if (delta == 0) continue;
        const isOwn = i == j;
        const row = isOwn
          ? load<i32>(ownRows + (<usize> (j * batch + b) << 2))
          : load<i32>(rows + (<usize> (i * batch + b) << 2));
        const x = row - rowOffset - v * categories;
        let derivatives = jacobian + <usize> (((j * count + v) * categories + x) * categories) * stride + h;
        let entry = (isOwn ? dOwn : dOthers) + (<usize> ((v * batch + b) * categories) << 2);
        for (let k = 0; k < categories; k++) {
          store<f32>(entry, load<f32>(entry) + delta * load<f32>(derivatives));
          derivatives += stride;
          entry += 4;
        }
      }
    }
  }
}
