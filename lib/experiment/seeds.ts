import { visible } from "../core/visible.ts";

/** Largest seed that a run may have. */
export const LARGEST_SEED = 0x7fffffff;

/** Seeds of one suite, at most. */
export const MOST_SEEDS = 10_000;

/**
 * Parses seeds as a command line or a suite file writes them.
 *
 * @param text Numbers and ranges, such as `1-8` or `1,3,5-7`.
 * @returns The seeds in the order written, at most {@link MOST_SEEDS}.
 * @throws {SyntaxError} If the text is not of that form.
 * @throws {RangeError} If a seed is too large, occurs twice, a range runs backwards, or there are too many.
 */
export function parseSeeds(text: string): number[] {
  const seeds = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (!match) {
      throw new SyntaxError(
        `Cannot read seeds: not a number or range, expected something like 1-8 or 1,3,5, got ${shown(text)}`,
      );
    }
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (last < first || last > LARGEST_SEED) {
      throw new RangeError(
        `Cannot read seeds: range not allowed, expected rising, up to ${LARGEST_SEED}, got ${shown(part.trim())}`,
      );
    }
    // Before they are listed: a few characters can name any number of them.
    const count = seeds.size + last - first + 1;
    if (count > MOST_SEEDS) {
      throw new RangeError(`Cannot read seeds: too many, expected at most ${MOST_SEEDS}, got at least ${count}`);
    }
    for (let seed = first; seed <= last; seed++) {
      if (seeds.has(seed)) {
        throw new RangeError(
          `Cannot read seeds: a seed occurs twice, expected different seeds, got ${shown(text)} (${seed})`,
        );
      }
      seeds.add(seed);
    }
  }
  return [...seeds];
}

function shown(text: string): string {
  const quoted = visible(JSON.stringify(text));
  return quoted.length > 60 ? `${quoted.slice(0, 57)}...` : quoted;
}
