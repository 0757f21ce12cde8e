// @ts-nocheck: AssemblyScript, compiled by ../compile_bootstrap.ts; not run by Deno.

/** Data sets redrawn at a time: the lanes of a vector of bytes. */
const LANES: i32 = 16;

/**
 * Redraws `size` values with replacement `count` times and writes the interquartile mean of each redraw.
 *
 * Sixteen redraws lie side by side, a byte each, and are sorted together by a network of minima and maxima. Sums run in
 * ascending order from 0, as a plain loop's do, so the results are the same to the bit.
 *
 * @param values Ascending, float64 [size]; at most 255.
 * @param ranks Of the values in the order in which they are drawn from, uint8 [size].
 * @param pairs The network: `pairCount` times two rows, uint8.
 * @param cut Values cut off at each end.
 * @param state xoroshiro128+, two 64-bit words; changes in place.
 * @param rows Room for `size` vectors.
 * @param out float64 [count].
 */
export function redrawInterquartileMeans(
  values: usize,
  ranks: usize,
  size: i32,
  pairs: usize,
  pairCount: i32,
  cut: i32,
  state: usize,
  rows: usize,
  out: usize,
  count: i32,
): void {
  let s0 = load<u64>(state);
  let s1 = load<u64>(state, 8);
  const pairsEnd = pairs + (<usize> pairCount << 1);
  const kept = <f64> (size - 2 * cut);
  const first = <usize> cut << 4;
  const last = <usize> (size - cut) << 4;
  const bound = <u64> size;
  const all = <usize> size << 4;
  for (let done = 0; done < count; done += LANES) {
    const lanes = <usize> min(LANES, count - done);
    for (let lane = rows; lane < rows + lanes; lane++) {
      for (let row = lane, end = lane + all; row < end; row += 16) {
        const word = (s0 + s1) & 0xffffffff;
        const mixed = s0 ^ s1;
        s0 = rotl(s0, 24) ^ mixed ^ (mixed << 16);
        s1 = rotl(mixed, 37);
        store<u8>(row, load<u8>(ranks + <usize> ((word * bound) >> 32)));
      }
    }
    for (let pair = pairs; pair < pairsEnd; pair += 2) {
      const low = rows + (<usize> load<u8>(pair) << 4);
      const high = rows + (<usize> load<u8>(pair, 1) << 4);
      const a = v128.load(low);
      const b = v128.load(high);
      v128.store(low, i8x16.min_u(a, b));
      v128.store(high, i8x16.max_u(a, b));
    }
    for (let lane = rows; lane < rows + lanes; lane++) {
      let sum: f64 = 0;
      for (let row = lane + first, end = lane + last; row < end; row += 16) {
        sum += load<f64>(values + (<usize> load<u8>(row) << 3));
      }
      store<f64>(out, sum / kept);
      out += 8;
    }
  }
  store<u64>(state, s0);
  store<u64>(state, s1, 8);
}

/** Moves numbers so that the one at `place` is the one that sorting would put there, no larger ones before it. */
export function placeNumber(numbers: usize, count: i32, place: i32): f64 {
  let left = numbers;
  let right = numbers + (<usize> (count - 1) << 3);
  const target = numbers + (<usize> place << 3);
  while (left < right) {
    const pivot = load<f64>(target);
    let i = left;
    let j = right;
    do {
      while (load<f64>(i) < pivot) i += 8;
      while (pivot < load<f64>(j)) j -= 8;
      if (i <= j) {
        const swap = load<f64>(i);
        store<f64>(i, load<f64>(j));
        store<f64>(j, swap);
        i += 8;
        j -= 8;
      }
    } while (i <= j);
    if (j < target) left = i;
    if (target < i) right = j;
  }
  return load<f64>(target);
}

/** The largest of at least one number. */
export function largestNumber(numbers: usize, count: i32): f64 {
  let largest = load<f64>(numbers);
  for (const end = numbers + (<usize> count << 3); numbers < end; numbers += 8) {
    largest = max(largest, load<f64>(numbers));
  }
  return largest;
}

/** The smallest of at least one number. */
export function smallestNumber(numbers: usize, count: i32): f64 {
  let smallest = load<f64>(numbers);
  for (const end = numbers + (<usize> count << 3); numbers < end; numbers += 8) {
    smallest = min(smallest, load<f64>(numbers));
  }
  return smallest;
}
