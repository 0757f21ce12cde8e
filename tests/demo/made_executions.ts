import { Rng } from "../../lib/core/rng.ts";
import type { NewExecution } from "../../lib/records/execution.ts";
import type { Store } from "../../lib/store/store.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { metric } from "../contracts/store_data.ts";

/** What a made execution has. */
export interface MadeExecution {
  readonly id: string;
  readonly suite?: string;
  readonly seeds: readonly number[];
  /** Factor on the accuracy of FCDL in split n2; 1 when absent. */
  readonly shifted?: number;
  /** Seeds whose runs of FCDL fail. */
  readonly failed?: readonly number[];
  readonly fields?: Partial<NewExecution>;
}

const methods = { fcdl: { train: 0.95, n2: 0.93 }, mlp: { train: 0.94, n2: 0.6 } } as const;

/**
 * Adds an execution of two methods with made-up results to a store: accuracy (spread over seeds 0.02, the same for the
 * same seed) and return in two splits.
 */
export async function addMadeExecution(store: Store, made: MadeExecution): Promise<void> {
  const { id, suite = "made", seeds, shifted = 1, failed = [], fields = {} } = made;
  const runs = seeds.flatMap((seed) =>
    Object.keys(methods).map((method) => ({
      ...{ id: `${id}-${method}-${seed}`, suite, environment: "chemical-fork", method, seed },
      spec: { method: { id: method } },
    }))
  );
  await store.addRuns(runs, { execution: newExecution(id, { suite, ...fields }) });
  for (const run of runs) {
    const rng = new Rng(run.seed).fork(run.method);
    await store.claim(run.id, { worker: "w", leaseMs: 1000, nowMs: 1000 });
    const records = Object.entries(methods[run.method as keyof typeof methods]).flatMap(([split, mean]) => {
      const value = (mean + 0.02 * rng.normal()) * (run.method === "fcdl" && split === "n2" ? shifted : 1);
      const at = { split, updates: 100, envSteps: 1000 };
      return [
        metric({ ...at, name: "accuracy", value }),
        metric({ ...at, name: "return", value: 20 * mean + 0.2 * rng.normal() }),
        metric({ ...at, name: "nll", value: 1 - mean + 0.01 * rng.normal() }),
      ];
    });
    await store.recordMetrics(run.id, records, { worker: "w" });
    const isFailed = run.method === "fcdl" && failed.includes(run.seed);
    await store.finish(run.id, {
      ...{ worker: "w", elapsedMs: 1, nowMs: 1000 },
      ...(isFailed ? { status: "failed", error: "Cannot train: the loss is NaN" } : { status: "done" }),
    });
  }
}

/** The seeds from one to another. */
export function seedsFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
