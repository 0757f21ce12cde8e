import type { Choice } from "../../production/choice.ts";

/** e to the power of less than this is 0 in float32: the logarithm of half its smallest number, 2^-150, rounded down. */
const LOG_OF_ZERO = -104;

/**
 * Choices that are open: another key than the chosen one has a probability that is not 0 in float32. Where all others'
 * are 0, the sample's gradient to its scores is 0 whatever the gradient to the choice is. Reads the device.
 *
 * @returns Rows of [B · N], ascending.
 */
export function openChoices({ scores }: Choice): Int32Array {
  const keys = scores.shape[2];
  const data = scores.dataSync<"float32">();
  const open: number[] = [];
  for (let start = 0; start < data.length; start += keys) {
    let largest = data[start]!;
    for (let k = 1; k < keys; k++) largest = Math.max(largest, data[start + k]!);
    let possible = 0;
    for (let k = 0; k < keys; k++) if (data[start + k]! - largest >= LOG_OF_ZERO) possible++;
    if (possible > 1) open.push(start / keys);
  }
  return Int32Array.from(open);
}
