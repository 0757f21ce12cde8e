import { append } from "../core/append.ts";
import { perfBase } from "../records/perf_records.ts";
import type { CaseSize } from "./measure_case.ts";

/** One thing to measure: a size, and whether the system BLAS computes its large products. */
export interface PerfPlanEntry extends CaseSize {
  readonly usesBlas: boolean;
}

/** Sizes along which costs are measured, one at a time from the paper's size. */
export const scaling = {
  quick: { variables: [5, 20], codes: [4, 64], batch: [64, 1024] },
  full: { variables: [5, 15, 20, 30], codes: [1, 4, 16, 64], batch: [64, 1024, 2048] },
} as const;

/**
 * What `deno task perf` measures: each method at the paper's size, with and without the system BLAS if there is one,
 * and the scaling of the first one (quick) or all (full), as they would run. Last the paper's size again after
 * `trained` updates, where that is not 0: sparser graphs make plans cheaper.
 */
export function perfCases(
  { methods, hasBlas, extent, trained, hasCodes }: {
    readonly methods: readonly string[];
    readonly hasBlas: boolean;
    readonly extent: "quick" | "full" | "base";
    readonly trained: number;
    /** Whether a method takes a number of codes. */
    hasCodes(method: string): boolean;
  },
): readonly PerfPlanEntry[] {
  const base = (method: string) => ({ method, ...perfBase, codes: 0, trained: 0 });
  const cases = methods.flatMap((method): PerfPlanEntry[] =>
    [false, ...(hasBlas ? [true] : [])].map((usesBlas) => ({ ...base(method), usesBlas }))
  );
  const last = trained === 0 ? [] : methods.map((method) => ({ ...base(method), usesBlas: hasBlas, trained }));
  if (extent === "base") return [...cases, ...last];
  const sizes = scaling[extent];
  for (const method of extent === "quick" ? methods.slice(0, 1) : methods) {
    const at = { ...base(method), usesBlas: hasBlas };
    append(cases, sizes.variables.map((variables) => ({ ...at, variables })));
    if (hasCodes(method)) append(cases, sizes.codes.map((codes) => ({ ...at, codes })));
    append(cases, sizes.batch.map((batch) => ({ ...at, batch })));
  }
  return [...cases, ...last];
}
