/** The first place where two plain values differ. */
export interface Difference {
  /** Names from the outside in. */
  readonly path: readonly string[];
  /** Undefined where one lacks the place. */
  readonly here: unknown;
  readonly there: unknown;
}

/** The first difference of two plain values (as JSON holds them), in the order of `here`'s fields; null for none. */
export function firstDifference(here: unknown, there: unknown): Difference | null {
  return differencesOf(here, there).next().value ?? null;
}

/** All places where two plain values differ; lists are compared whole. */
export function* differencesOf(
  here: unknown,
  there: unknown,
  path: readonly string[] = [],
): Generator<Difference, undefined> {
  if (isRecord(here) && isRecord(there)) {
    for (const key of new Set([...Object.keys(here), ...Object.keys(there)])) {
      yield* differencesOf(own(here, key), own(there, key), [...path, key]);
    }
  } else if (JSON.stringify(here) !== JSON.stringify(there)) yield { path, here, there };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
