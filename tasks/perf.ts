import { maxOf } from "../lib/core/extremes.ts";
import { methods as registry } from "../lib/model/registry.ts";
import { unknownName } from "../lib/core/errors.ts";
import { type BackendName, measureGemm, runsOwnKernels, type SystemBlas, useBackend } from "../lib/tensor/mod.ts";
import { type PerfCase, type PerfMeasurement, type PerfRecord } from "../reports/perf_records.ts";
import { chooseBlas, openChosenBlas } from "./bench/blas_choice.ts";
import { provenanceOf } from "./bench/provenance.ts";
import { formatDuration } from "./bench/text.ts";
import { parseFlags, runCli } from "./cli.ts";
import { say } from "./terminal_text.ts";
import { perfCases, type PerfPlanEntry } from "./perf/cases.ts";
import { measureCase } from "./perf/measure_case.ts";
import { appendPerfRecords, perfFile } from "./perf/perf_file.ts";
import { headingLine, kernelText, measurementLine } from "./perf/perf_text.ts";
import { defaultResultsFolder, resultsFolder } from "./results_folder.ts";
import { shownPath, userLibrary } from "./user_paths.ts";

const help = `Measure how fast this machine trains: updates, plans and whole loops a second, by method and size.

Usage: deno task perf [options]

  --methods <a,b>         Methods by id, or all (default: fcdl,mlp)
  --quick                 The paper's size and a few others, under two minutes (the default)
  --full                  Every size: N = 5..30 variables, K = 1..64 codes, B = 64..2048 windows an update
  --base                  The paper's size alone
  --backend <name>        wasm (default), cpu, webgpu or tensorflow
  --blas <auto|off|file>  System BLAS, as bench takes it (default: FCDL_BLAS, else auto)
  --trained <n>           Measure the paper's size again after n updates of training (default: 0, not at all)
  --rounds <n>            Loops of each case; medians count (default: 5, with --full 9)
  --out <folder>          Folder whose perf.csv the numbers are added to (default: ${defaultResultsFolder})
  -h, --help              This text

The pages of deno task serve show perf.csv under /perf.
`;

/** A loop of one case may take long on a slow backend: no more rounds after this time, ms. */
const LIMIT_MS = { quick: 5_000, base: 10_000, full: 20_000 } as const;

/** Products that the share of the machine's peak refers to: the fastest of them. */
const peakProducts = [{ m: 256, n: 128, k: 128 }, { m: 256, n: 512, k: 512 }] as const;

/**
 * The command line of `deno task perf`.
 *
 * @param options.defaultBlas What the environment says instead of `--blas`.
 * @throws {RangeError} One sentence for bad input; nothing was measured then.
 */
export async function perf(
  args: readonly string[],
  options: { readonly defaultBlas?: string | undefined; print(text: string): void },
): Promise<void> {
  const flags = parseFlags(args, {
    methods: { type: "string", default: "fcdl,mlp" },
    quick: { type: "boolean" },
    full: { type: "boolean" },
    base: { type: "boolean" },
    backend: { type: "string", default: "wasm" },
    blas: { type: "string" },
    trained: { type: "string", default: "0" },
    rounds: { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  const { print } = options;
  if (flags.help) return print(help);
  const extent = flags.full ? "full" : flags.base ? "base" : "quick";
  const rounds = wholeNumber("--rounds", {
    text: flags.rounds ?? (extent === "full" ? "9" : "5"),
    low: 1,
    high: 9_999,
  });
  const trained = wholeNumber("--trained", { text: flags.trained, low: 0, high: 1_000_000 });
  const methods = methodsOf(flags.methods);
  await useBackend(flags.backend as BackendName);
  const blas = openChosenBlas(chooseBlas(userLibrary(flags.blas || options.defaultBlas || "auto")));
  try {
    const path = perfFile(resultsFolder(flags.out));
    const session = sessionOf(flags.backend);
    const peaks = runsOwnKernels() ? measurePeaks(blas) : null;
    await appendPerfRecords(path, machineRecords(session, { blas, peaks }));
    print(machineText(session, { blas, peaks }));
    const codes = await methodsWithCodes(methods);
    const cases = perfCases({
      methods,
      hasBlas: blas !== null,
      extent,
      trained,
      hasCodes: (method) => codes.has(method),
    });
    const done: PerfMeasurement[] = [];
    print(headingLine());
    for (const entry of cases) {
      const measurement = await measure(entry, {
        session,
        blas,
        peaks,
        rounds,
        limitMs: LIMIT_MS[extent],
        print,
      });
      await appendPerfRecords(path, recordsOf(measurement));
      done.push(measurement);
      print(measurementLine(measurement));
    }
    print(kernelText(done));
    print(`\nAdded to ${shownPath(path)}; shown on /perf of deno task serve.`);
  } finally {
    blas?.close();
  }
}

function wholeNumber(
  flag: string,
  { text, low, high }: { readonly text: string; readonly low: number; readonly high: number },
): number {
  if (/^\d{1,7}$/.test(text) && Number(text) >= low && Number(text) <= high) return Number(text);
  throw new RangeError(
    `Cannot read the command line: ${flag} is not allowed, expected a whole number from ${low} to ${high}, ` +
      `got "${text}"`,
  );
}

function methodsOf(text: string): readonly string[] {
  const choices = registry.map(({ id }) => id);
  const names = text === "all" ? choices : text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !choices.includes(name));
  if (unknown !== undefined) throw unknownName("method", { name: unknown, choices: [...choices, "all"] });
  return names;
}

/** Methods whose options have a number of codes. */
async function methodsWithCodes(names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const { id, load } of registry) {
    if (names.includes(id) && "codes" in (await load()).parseOptions({})) found.add(id);
  }
  return found;
}

type Session = Pick<PerfCase, "time" | "code" | "machine" | "deno" | "backend">;

function sessionOf(backend: string): Session {
  const { codeVersion, versions, machine } = provenanceOf(backend);
  return {
    time: new Date().toISOString(),
    code: codeVersion,
    machine: `${machine.cpu}, ${machine.cores} cores`,
    deno: versions.deno!,
    backend,
  };
}

interface Peaks {
  readonly own: number;
  readonly blas: number | null;
}

function measurePeaks(blas: SystemBlas | null): Peaks {
  const speeds = peakProducts.map((shape) => measureGemm(shape, { blas, clock: () => performance.now() }));
  return {
    own: maxOf(speeds.map((speed) => speed.ownGflops)),
    blas: blas ? maxOf(speeds.map((speed) => speed.blasGflops!)) : null,
  };
}

interface Machine {
  readonly blas: SystemBlas | null;
  readonly peaks: Peaks | null;
}

function machineRecords(session: Session, { blas, peaks }: Machine): readonly PerfRecord[] {
  const of = { ...session, method: "", variables: 0, codes: 0, batch: 0, trained: 0 };
  if (!peaks) return [];
  return [
    { ...of, blas: "", metric: "peak_gflops", value: peaks.own },
    ...(blas ? [{ ...of, blas: blas.version, metric: "peak_gflops", value: peaks.blas }] : []),
  ];
}

function machineText({ machine, deno, code, backend }: Session, { blas, peaks }: Machine): string {
  const speeds = peaks
    ? `; matrix products: own kernel ${peaks.own.toFixed(0)} GFLOP/s` +
      (blas ? `, ${blas.version} ${peaks.blas!.toFixed(0)}` : ", no system BLAS")
    : "";
  return `${code} on ${machine}, Deno ${deno}, backend ${backend}${speeds}\n`;
}

async function measure(
  entry: PerfPlanEntry,
  options: Machine & {
    readonly session: Session;
    readonly rounds: number;
    readonly limitMs: number;
    print(text: string): void;
  },
): Promise<PerfMeasurement> {
  const { session, peaks, rounds, limitMs, print } = options;
  const { usesBlas, ...size } = entry;
  const blas = usesBlas ? options.blas : null;
  const peakGflops = (blas ? peaks?.blas : peaks?.own) ?? null;
  const clock = () => performance.now();
  const startMs = clock();
  const onTrained = (done: number) => {
    const leftMs = (clock() - startMs) / done * (size.trained - done);
    print(`${size.method}: ${done} of ${size.trained} updates before the measurement, ${formatDuration(leftMs)} left`);
  };
  const numbers = await measureCase(size, { blas, clock, rounds, limitMs, peakGflops, onTrained });
  return { of: { ...session, ...size, blas: blas?.version ?? "" }, numbers };
}

function recordsOf({ of, numbers }: PerfMeasurement): readonly PerfRecord[] {
  return [...numbers].map(([metric, value]) => ({ ...of, metric, value }));
}

if (import.meta.main) {
  await runCli(() => perf(Deno.args, { defaultBlas: Deno.env.get("FCDL_BLAS"), print: say }));
}
