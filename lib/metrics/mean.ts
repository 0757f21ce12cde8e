/** Values that are there, in order; missing ones are left out. */
export function presentValues(values: Iterable<number | null>): number[] {
  const present: number[] = [];
  for (const value of values) if (value !== null) present.push(value);
  return present;
}

/** Mean of the values that are there; null when none is. */
export function meanOf(values: Iterable<number | null>): number | null {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}
