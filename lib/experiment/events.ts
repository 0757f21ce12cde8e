import type { Metric, RunProgress } from "../records/run_records.ts";

/** What a running experiment tells whoever drives it; it never sees a store. */
export type ExperimentEvent =
  | { readonly kind: "progress"; readonly progress: Omit<RunProgress, "updatesPerSecond" | "remainingMs"> }
  | { readonly kind: "metrics"; readonly metrics: readonly Metric[] }
  | { readonly kind: "artifact"; readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }
  /** All that is needed to go on to the bit; complete in itself. */
  | { readonly kind: "checkpoint"; readonly bytes: Uint8Array; readonly loop: number }
  | { readonly kind: "done" };
