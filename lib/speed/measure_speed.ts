import { maxOf } from "../core/extremes.ts";
import { methods as registry } from "../model/registry.ts";
import { wholeMetric } from "../records/metric_id.ts";
import type { PerfCase, PerfNumber, PerfRecord } from "../records/perf_records.ts";
import {
  type BackendName,
  chooseBlas,
  kernelsInUse,
  measureGemm,
  openChosenBlas,
  runsOwnKernels,
  type SystemBlas,
  useBackend,
} from "../tensor/mod.ts";
import { provenanceOf } from "../bench/mod.ts";
import { perfCases, type PerfPlanEntry } from "./cases.ts";
import { measureCase } from "./measure_case.ts";

/** What to measure the speed of. */
export interface SpeedOptions {
  /** Ids of the registry. */
  readonly methods: readonly string[];
  readonly extent: "quick" | "full" | "base";
  /** Updates of training before the last measurement of each method; 0 for none. */
  readonly trained: number;
  /** Loops of each case; medians count. */
  readonly rounds: number;
  readonly backend: string;
  /** Whether methods' accelerations are used; true unless given. */
  readonly fast?: boolean;
  /** `auto`, `off`, or the name or path of a system BLAS. */
  readonly blas: string;
}

/** What a measurement tells, in order: the machine, then each case, with a word now and then before a trained one. */
export type SpeedEvent =
  | { readonly kind: "machine"; readonly of: SpeedSession; readonly peaks: readonly Peak[] }
  | { readonly kind: "training"; readonly method: string; readonly done: number; readonly of: number; leftMs: number }
  | { readonly kind: "case"; readonly of: PerfCase; readonly numbers: readonly PerfNumber[] };

/** What all cases of one measurement share. */
export type SpeedSession = Pick<PerfCase, "time" | "code" | "machine" | "deno" | "backend" | "kernels">;

/** The fastest product of a library. */
export interface Peak {
  /** Version of the system BLAS; empty for the own kernel. */
  readonly blas: string;
  readonly gflops: number;
}

/** A loop of one case may take long on a slow backend: no more rounds after this time, ms. */
const LIMIT_MS = { quick: 5_000, base: 10_000, full: 20_000 } as const;

/** Products that the share of the machine's peak refers to: the fastest of them. */
const peakProducts = [{ m: 256, n: 128, k: 128 }, { m: 256, n: 512, k: 512 }] as const;

/**
 * Measures how fast this machine trains, case by case (see {@link perfCases}).
 *
 * @param onEvent Is told what is measured, when it is; awaited.
 * @throws {RangeError} If the backend or the named library cannot be used; nothing was measured then.
 */
export async function measureSpeed(
  options: SpeedOptions,
  onEvent: (event: SpeedEvent) => void | Promise<void>,
): Promise<void> {
  await useBackend(options.backend as BackendName);
  const blas = openChosenBlas(chooseBlas(options.blas));
  try {
    const session = sessionOf(options.backend);
    const peaks = runsOwnKernels() ? measurePeaks(blas) : [];
    await onEvent({ kind: "machine", of: session, peaks });
    const codes = await methodsWithCodes(options.methods);
    for (const entry of perfCases({ ...options, hasBlas: blas !== null, hasCodes: (method) => codes.has(method) })) {
      const measured = await measure(entry, { ...options, session, peaks, library: blas, onEvent });
      await onEvent({ kind: "case", ...measured });
    }
  } finally {
    blas?.close();
  }
}

/** What perf.csv keeps of an event. */
export function perfRecordsOf(event: Exclude<SpeedEvent, { kind: "training" }>): readonly PerfRecord[] {
  if (event.kind === "case") {
    return event.numbers.map((number) => ({ ...event.of, ...number }));
  }
  const of = { ...event.of, method: "", variables: 0, codes: 0, batch: 0, trained: 0 };
  return event.peaks.map(({ blas, gflops }) => ({ ...of, blas, ...wholeMetric("peak_gflops"), value: gflops }));
}

/** Methods whose options have a number of codes. */
async function methodsWithCodes(names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const { id, load } of registry) {
    if (names.includes(id) && "codes" in (await load()).parseOptions({})) found.add(id);
  }
  return found;
}

function sessionOf(backend: string): SpeedSession {
  const { codeVersion, versions, machine } = provenanceOf(backend);
  return {
    time: new Date().toISOString(),
    code: codeVersion,
    machine: `${machine.cpu}, ${machine.cores} cores`,
    deno: versions.deno!,
    backend,
    kernels: backend === "wasm" ? kernelsInUse() : "",
  };
}

function measurePeaks(blas: SystemBlas | null): readonly Peak[] {
  const speeds = peakProducts.map((shape) => measureGemm(shape, { blas, clock: () => performance.now() }));
  const own = { blas: "", gflops: maxOf(speeds.map((speed) => speed.ownGflops)) };
  return blas ? [own, { blas: blas.version, gflops: maxOf(speeds.map((speed) => speed.blasGflops!)) }] : [own];
}

async function measure(
  { usesBlas, ...size }: PerfPlanEntry,
  { session, peaks, library, rounds, extent, fast = true, onEvent }: SpeedOptions & {
    readonly session: SpeedSession;
    readonly peaks: readonly Peak[];
    readonly library: SystemBlas | null;
    onEvent(event: SpeedEvent): void | Promise<void>;
  },
): Promise<{ readonly of: PerfCase; readonly numbers: readonly PerfNumber[] }> {
  const blas = usesBlas ? library : null;
  const clock = () => performance.now();
  const startMs = clock();
  const numbers = await measureCase(size, {
    ...{ blas, clock, rounds, fast, limitMs: LIMIT_MS[extent] },
    peakGflops: peaks.find((peak) => peak.blas === (blas?.version ?? ""))?.gflops ?? null,
    onTrained(done) {
      const leftMs = (clock() - startMs) / done * (size.trained - done);
      void onEvent({ kind: "training", method: size.method, done, of: size.trained, leftMs });
    },
  });
  const method = fast ? size.method : `${size.method} plain`;
  return { of: { ...session, ...size, method, blas: blas?.version ?? "" }, numbers };
}
