/** Two labellings of the same samples, by how often each pair of labels occurs. */
interface Contingency {
  readonly total: number;
  /** Samples of each label of the first and the second labelling. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Samples of each pair of labels that occurs, with the positions of the labels in `first` and `second`. */
  readonly pairs: readonly { readonly i: number; readonly j: number; readonly count: number }[];
}

/**
 * Agreement of two labellings, corrected for chance: 0 on average for independent ones, 1 for the same partition.
 * The expectation is exact, over all ways to shuffle one labelling (hypergeometric); normalised by the arithmetic
 * mean of the entropies, so the number is scikit-learn's `adjusted_mutual_info_score`.
 *
 * @param first Labels, such as codes; [B].
 * @param second Labels, such as contexts; [B].
 * @returns At most 1, below 0 when worse than chance; 1 for the same partition, even of one label; null without samples.
 * @throws {TypeError} If the lengths differ.
 * @see Vinh, Epps, Bailey 2010 (deviation: none).
 */
export function adjustedMutualInformation(first: ArrayLike<number>, second: ArrayLike<number>): number | null {
  const table = contingency(first, second);
  if (table.total === 0) return null;
  // The same partition under other names. Also where the formula gives 0 / 0: one label only, or all different ones.
  if (table.pairs.length === table.first.length && table.pairs.length === table.second.length) return 1;
  const information = informationOf(table);
  const expected = expectedInformation(table);
  const normaliser = (entropy(table.first, table.total) + entropy(table.second, table.total)) / 2;
  return (information - expected) / (normaliser - expected);
}

/**
 * Agreement of labels and contexts (AMI), where there is something to agree on.
 *
 * @param labels Such as codes; [B].
 * @param contexts [B].
 * @returns null where the samples have fewer than two contexts: with one context AMI is 1 for one label and 0 for more,
 *   which says nothing of contexts.
 */
export function contextAgreement(labels: ArrayLike<number>, contexts: ArrayLike<number>): number | null {
  return countDistinct(contexts) < 2 ? null : adjustedMutualInformation(labels, contexts);
}

/** Above this share of what a shuffled labelling seems to know of contexts, labels are too many for the samples. */
const chanceLimit = 0.9;

/**
 * How much of the uncertainty about the context a label takes away, corrected for chance: with mutual information I, its
 * expectation E under shuffling and the contexts' entropy H, (I - E) / (H - E). Unlike AMI, labels that divide a context
 * further cost nothing: 16 codes that each belong to one context have 1, where AMI is near 0.3.
 *
 * @param labels Such as codes; [B].
 * @param contexts [B].
 * @returns At most 1, where labels decide contexts; 0 on average for labels that ignore them. null for fewer than two
 *   contexts, and where labels are so many that even shuffled ones have 90 % of H.
 * @see Vinh, Epps, Bailey 2010, the same correction with another normaliser; without it this is scikit-learn's
 *   `homogeneity_score`.
 */
export function contextInformation(labels: ArrayLike<number>, contexts: ArrayLike<number>): number | null {
  const table = contingency(labels, contexts);
  if (table.second.length < 2) return null;
  const uncertainty = entropy(table.second, table.total);
  const expected = expectedInformation(table);
  if (expected > chanceLimit * uncertainty) return null;
  return (informationOf(table) - expected) / (uncertainty - expected);
}

/** Mutual information in nats; null without samples. */
export function mutualInformation(first: ArrayLike<number>, second: ArrayLike<number>): number | null {
  const table = contingency(first, second);
  return table.total === 0 ? null : informationOf(table);
}

/** Mean mutual information in nats over all ways to shuffle one of the labellings; null without samples. */
export function expectedMutualInformation(first: ArrayLike<number>, second: ArrayLike<number>): number | null {
  const table = contingency(first, second);
  return table.total === 0 ? null : expectedInformation(table);
}

function countDistinct(labels: ArrayLike<number>): number {
  return new Set(Array.from(labels)).size;
}

function contingency(first: ArrayLike<number>, second: ArrayLike<number>): Contingency {
  if (first.length !== second.length) {
    throw new TypeError(
      `Cannot compare labels: lengths differ, expected ${first.length} in the second, got ${second.length}`,
    );
  }
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  const firstCounts: number[] = [];
  const secondCounts: number[] = [];
  const counts = new Map<string, { i: number; j: number; count: number }>();
  for (let b = 0; b < first.length; b++) {
    const i = positionOf(rows, first[b]!);
    const j = positionOf(columns, second[b]!);
    firstCounts[i] = (firstCounts[i] ?? 0) + 1;
    secondCounts[j] = (secondCounts[j] ?? 0) + 1;
    const pair = counts.get(`${i},${j}`);
    if (pair) pair.count++;
    else counts.set(`${i},${j}`, { i, j, count: 1 });
  }
  return { total: first.length, first: firstCounts, second: secondCounts, pairs: [...counts.values()] };
}

function positionOf(positions: Map<number, number>, label: number): number {
  const known = positions.get(label);
  if (known !== undefined) return known;
  positions.set(label, positions.size);
  return positions.size - 1;
}

function entropy(counts: readonly number[], total: number): number {
  let sum = 0;
  for (const count of counts) sum -= count / total * Math.log(count / total);
  return sum;
}

function informationOf({ total, first, second, pairs }: Contingency): number {
  let sum = 0;
  for (const { i, j, count } of pairs) sum += count / total * Math.log(total * count / (first[i]! * second[j]!));
  return sum;
}

function expectedInformation({ total, first, second }: Contingency): number {
  const logFactorial = new Float64Array(total + 1);
  for (let n = 2; n <= total; n++) logFactorial[n] = logFactorial[n - 1]! + Math.log(n);
  const log = (n: number) => logFactorial[n]!;
  let sum = 0;
  for (const a of first) {
    for (const b of second) {
      const fixed = log(a) + log(b) + log(total - a) + log(total - b) - log(total);
      for (let n = Math.max(1, a + b - total); n <= Math.min(a, b); n++) {
        const logChance = fixed - log(n) - log(a - n) - log(b - n) - log(total - a - b + n);
        sum += n / total * Math.log(total * n / (a * b)) * Math.exp(logChance);
      }
    }
  }
  return sum;
}
