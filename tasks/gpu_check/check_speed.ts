import type { AskEngine, EngineAnswer } from "../../lib/bench/mod.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { Budget, type CheckRow, row } from "./check_row.ts";

/** Numbers of runs at once. */
export const seedCounts = [1, 2, 4, 8, 16] as const;

/** What is measured, and with what. */
export interface SpeedCheck {
  readonly engine: string;
  readonly methods: readonly string[];
  /** Numbers of runs at once; absent: {@link seedCounts}. */
  readonly counts?: readonly number[];
  readonly budget: Budget;
  /** Time for all of it, ms. */
  readonly limitMs: number;
  readonly ask: AskEngine;
  /** Memory of the machine that is free, bytes. */
  freeBytes(): number;
  /** Memory in use on the card, MiB; null where there is none. */
  cardMiB(): Promise<number | null>;
}

/** Chemical at the paper's size. */
export function paperSpec(method: string): RunSpec {
  return runSpecSchema.parse({
    suite: "gpu-check",
    environment: { id: "chemical" },
    method: { id: method },
    seed: 1,
  });
}

/**
 * Times an update, a plan and a loop of every method, for one run alone and for several at once. The first method is
 * measured for all numbers before the others, and all others for one run before any for more; what there is no time or
 * memory for is said.
 */
export async function checkSpeed(check: SpeedCheck): Promise<readonly CheckRow[]> {
  const { engine, methods, counts = seedCounts, budget, limitMs } = check;
  const endMs = budget.now() + Math.min(limitMs, budget.leftMs);
  const [first, ...others] = methods;
  const cases = [
    ...counts.map((seeds) => ({ method: first!, seeds })),
    ...others.map((method) => ({ method, seeds: 1 })),
    ...counts.slice(1).flatMap((seeds) => others.map((method) => ({ method, seeds }))),
  ];
  const rows: CheckRow[] = [];
  const costMs = new Map<string, number>();
  let residentBytes = 0;
  for (const { method, seeds } of cases) {
    const part = { section: "speed", engine, item: method, seeds };
    // Twice as many take twice as long at most, where they share what they run on.
    const expectedMs = 2 * (costMs.get(method) ?? 0);
    if (budget.now() + expectedMs > endMs) {
      rows.push(row({ ...part, metric: "loops_per_s", note: "not measured: there was no time left" }));
      continue;
    }
    if (seeds * residentBytes > check.freeBytes()) {
      rows.push(row({ ...part, metric: "loops_per_s", note: "not measured: there was no memory left" }));
      continue;
    }
    const startMs = budget.now();
    const { answers, peakMiB } = await askAtOnce(method, { ...check, seeds });
    costMs.set(method, budget.now() - startMs);
    const timed = answers.flatMap((answer) => answer.kind === "loop" ? [answer] : []);
    if (timed.length < seeds) {
      const failed = answers.find((answer) => answer.kind === "failed");
      rows.push(row({ ...part, metric: "loops_per_s", note: `failed: ${failed?.error ?? "no times"}` }));
      continue;
    }
    const mean = (of: (answer: typeof timed[number]) => number) =>
      timed.reduce((sum, each) => sum + of(each), 0) / seeds;
    const [updateMs, planMs] = [mean(({ times }) => times.updateMs), mean(({ times }) => times.planMs)];
    const memory = mean((each) => each.residentBytes ?? 0);
    residentBytes = Math.max(residentBytes, memory);
    rows.push(
      row({ ...part, metric: "update_ms", value: updateMs, unit: "ms" }),
      row({ ...part, metric: "plan_ms", value: planMs, unit: "ms" }),
      row({ ...part, metric: "loops_per_s", value: seeds * 1000 / (updateMs + planMs), unit: "1/s" }),
      row({ ...part, metric: "memory_mib", value: memory / 2 ** 20, unit: "MiB", note: "of each process" }),
    );
    if (peakMiB !== null) {
      rows.push(row({ ...part, metric: "card_memory_mib", value: peakMiB, unit: "MiB", note: "of all processes" }));
    }
  }
  return rows;
}

/** How often the card's memory is looked at, ms. */
const LOOK_MS = 500;

async function askAtOnce(
  method: string,
  { engine, seeds, ask, cardMiB }: SpeedCheck & { readonly seeds: number },
): Promise<{ readonly answers: readonly EngineAnswer[]; readonly peakMiB: number | null }> {
  let peakMiB: number | null = null;
  const look = async () => {
    const used = await cardMiB();
    if (used !== null) peakMiB = Math.max(peakMiB ?? 0, used);
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  try {
    const task = { engine, spec: paperSpec(method), blas: null, what: "loop" } as const;
    const answers = await Promise.all(Array.from({ length: seeds }, () => ask(task)));
    return { answers, peakMiB };
  } finally {
    clearInterval(timer);
  }
}
