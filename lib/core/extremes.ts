/**
 * The smallest of any number of values. Spread into the arguments of `Math.min`, some ten thousand overflow the stack.
 *
 * @returns Infinity for none, NaN if one is NaN.
 */
export function minOf(values: Iterable<number>): number {
  let smallest = Infinity;
  for (const value of values) smallest = Math.min(smallest, value);
  return smallest;
}

/**
 * The largest of any number of values, as {@link minOf}.
 *
 * @returns -Infinity for none, NaN if one is NaN.
 */
export function maxOf(values: Iterable<number>): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}
