import { bootstrapInterval, type BootstrapOptions, type Interval } from "./bootstrap.ts";
import { bootstrapKernel, mostKernelValues } from "./bootstrap_kernel.ts";
import { interquartileMean } from "./seed_statistics.ts";

/**
 * Percentile bootstrap interval of the interquartile mean of one task's seeds: {@link bootstrapInterval} of
 * `interquartileMean`, to the bit, in a thirtieth of the time. Large suites have thousands of them.
 *
 * @returns null for fewer than two values.
 */
export function iqmInterval(values: readonly number[], options: BootstrapOptions): Interval | null {
  const { rng, resamples = 2000, confidence = 0.95 } = options;
  const size = values.length;
  if (size < 2 || resamples < 1 || size > mostKernelValues || !values.every(Number.isFinite)) {
    return bootstrapInterval([values], { ...options, statistic: (strata) => interquartileMean(strata[0]!) });
  }
  const { memory, exports } = bootstrapKernel();
  const pairs = networkOf(size);
  // State and numbers first: offsets of 64-bit words are multiples of 8, those of rows of 16.
  const at = { state: 0, rows: 16, values: 16 + 16 * size, ranks: 0, pairs: 0, out: 0, end: 0 };
  at.out = at.values + 8 * size;
  at.ranks = at.out + 8 * resamples;
  at.pairs = at.ranks + size;
  at.end = at.pairs + pairs.length;
  if (memory.buffer.byteLength < at.end) memory.grow(Math.ceil((at.end - memory.buffer.byteLength) / 65536));
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Uint8Array(memory.buffer, at.ranks, size);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  new Float64Array(memory.buffer, at.values, size).set(order.map((index) => values[index]!));
  new Uint8Array(memory.buffer, at.pairs, pairs.length).set(pairs);
  const [s01, s00, s11, s10] = rng.state() as readonly [number, number, number, number];
  const state = new Int32Array(memory.buffer, at.state, 4);
  state.set([s00, s01, s10, s11]); // Little-endian words.
  exports.redrawInterquartileMeans(
    ...[at.values, at.ranks, size, at.pairs, pairs.length / 2, Math.floor(size / 4)] as const,
    ...[at.state, at.rows, at.out, resamples] as const,
  );
  rng.restore([state[1]!, state[0]!, state[3]!, state[2]!]);
  return centralInterval(at.out, { count: resamples, confidence });
}

/** The interval that `percentileInterval` gives, of numbers in the kernel's memory, which change places. */
function centralInterval(
  numbers: number,
  { count, confidence }: { readonly count: number; readonly confidence: number },
): Interval {
  const { placeNumber, largestNumber, smallestNumber } = bootstrapKernel().exports;
  const tail = (1 - confidence) / 2;
  // From each end inwards: what lies between the two quantiles is never sorted.
  const first = placeOf(tail, count);
  const above = placeNumber(numbers, count, first.high);
  const below = first.low === first.high ? above : largestNumber(numbers, first.high);
  const last = placeOf(1 - tail, count);
  const lower = placeNumber(numbers, count, last.low);
  const rest = count - 1 - last.low;
  const upper = rest === 0 ? lower : smallestNumber(numbers + 8 * (last.low + 1), rest);
  return { low: below + (above - below) * first.part, high: lower + (upper - lower) * last.part };
}

/** The places in ascending order between which a quantile lies, and how far from the lower one. */
function placeOf(share: number, count: number): { readonly low: number; readonly high: number; readonly part: number } {
  const position = (count - 1) * share;
  const low = Math.floor(position);
  return { low, high: Math.min(low + 1, count - 1), part: position - low };
}

const networks = new Map<number, Uint8Array>();

/** Batcher's odd-even merge sort: pairs of rows to put in order, one after the other. */
function networkOf(size: number): Uint8Array {
  const known = networks.get(size);
  if (known) return known;
  const pairs: number[] = [];
  for (let p = 1; p < size; p *= 2) {
    for (let k = p; k >= 1; k /= 2) {
      for (let j = k % p; j + k < size; j += 2 * k) {
        for (let i = j; i < Math.min(j + k, size - k); i++) {
          if (Math.floor(i / (2 * p)) === Math.floor((i + k) / (2 * p))) pairs.push(i, i + k);
        }
      }
    }
  }
  const network = Uint8Array.from(pairs);
  networks.set(size, network);
  return network;
}
