/** Largest seed that a run may have. */
export const LARGEST_SEED = 0x7fffffff;

const MOST_SEEDS = 10_000;

/**
 * Parses seeds as a command line or a suite file writes them.
 *
 * @param text Numbers and ranges, such as `1-8` or `1,3,5-7`.
 * @returns The seeds in the order written.
 * @throws {SyntaxError} If the text is not of that form.
 * @throws {RangeError} If a seed is too large, occurs twice, or a range runs backwards.
 */
export function parseSeeds(text: string): number[] {
  const seeds: number[] = [];
  for (const part of text.split(",")) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (!match) {
      throw new SyntaxError(
        `Cannot read seeds: not a number or range, expected something like 1-8 or 1,3,5, got "${text}"`,
      );
    }
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || last > LARGEST_SEED || last - first >= MOST_SEEDS) {
      throw new RangeError(
        `Cannot read seeds: range not allowed, expected rising, up to ${LARGEST_SEED}, at most ${MOST_SEEDS} seeds, got "${part.trim()}"`,
      );
    }
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) {
    throw new RangeError(`Cannot read seeds: a seed occurs twice, expected different seeds, got "${text}" (${twice})`);
  }
  return seeds;
}
