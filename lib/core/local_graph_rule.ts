/**
 * The true local causal graph of a step as a table over the few categorical variables that it depends on. So it is known
 * of imagined states too, and of observations whose other variables are distorted.
 */
export interface LocalGraphRule {
  /** Columns of a graph whose variables it depends on, rising: i < N is state variable i, N + m action variable m. */
  readonly reads: readonly number[];
  /** Number of categories of each of them. */
  readonly categories: readonly number[];
  /** The graphs that occur, each once, row-major [N, N + M]. */
  readonly graphs: readonly Uint8Array[];
  /** Index into `graphs` for each combination of their categories, that of the last one changing fastest. */
  readonly graphOf: Int32Array;
}

/**
 * Makes a rule.
 *
 * @param options.graphAt The graph for one category of each variable read; its result is kept.
 */
export function localGraphRule(
  options: Pick<LocalGraphRule, "reads" | "categories"> & {
    readonly graphAt: (categories: readonly number[]) => Uint8Array;
  },
): LocalGraphRule {
  const { reads, categories, graphAt } = options;
  const graphs: Uint8Array[] = [];
  const places = new Map<string, number>();
  const graphOf = Int32Array.from(combinations(categories), (values) => {
    const graph = graphAt(values);
    const key = graph.join("");
    let place = places.get(key);
    if (place === undefined) {
      place = graphs.push(graph) - 1;
      places.set(key, place);
    }
    return place;
  });
  return { reads, categories, graphs, graphOf };
}

/**
 * What is left of a rule for someone who cannot trust what is observed of some variables: the smallest graph that holds
 * whatever values they have, that is the union over these.
 *
 * @param unknown Columns, of which the rule may read some.
 */
export function withoutColumns(rule: LocalGraphRule, unknown: ReadonlySet<number>): LocalGraphRule {
  if (!rule.reads.some((column) => unknown.has(column))) return rule;
  const isKept = rule.reads.map((column) => !unknown.has(column));
  const kept = <T>(values: readonly T[]) => values.filter((_, k) => isKept[k]);
  const unions = new Map<string, Uint8Array>();
  combinations(rule.categories).forEach((values, place) => {
    const key = kept(values).join();
    const union = unions.get(key) ?? new Uint8Array(rule.graphs[0]!.length);
    rule.graphs[rule.graphOf[place]!]!.forEach((edge, k) => union[k]! |= edge);
    unions.set(key, union);
  });
  return localGraphRule({
    reads: kept(rule.reads),
    categories: kept(rule.categories),
    graphAt: (values) => unions.get(values.join())!,
  });
}

/** Every choice of one category of each variable, the last one changing fastest. */
function combinations(categories: readonly number[]): number[][] {
  return categories.reduce<number[][]>(
    (all, count) => all.flatMap((values) => Array.from({ length: count }, (_, value) => [...values, value])),
    [[]],
  );
}
