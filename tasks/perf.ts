import { unknownName } from "../lib/core/errors.ts";
import { appendPerfRecords, perfFile } from "../lib/speed/perf_file.ts";
import { measureSpeed, perfRecordsOf, type SpeedEvent } from "../lib/speed/measure_speed.ts";
import { methods as registry } from "../lib/model/registry.ts";
import { type PerfMeasurement, perfMeasurement } from "../lib/records/perf_records.ts";
import { formatDuration } from "./bench/text.ts";
import { onOrOff, parseFlags, runCli } from "./cli.ts";
import { headingLine, kernelText, measurementLine } from "./perf/perf_text.ts";
import { defaultResultsFolder, resultsFolder } from "./results_folder.ts";
import { say } from "./terminal_text.ts";
import { shownPath, userLibrary } from "./user_paths.ts";

const help = `Measure how fast this machine trains: updates, plans and whole loops a second, by method and size.

Usage: deno task perf [options]

  --methods <a,b>         Methods by id, or all (default: fcdl,mlp)
  --quick                 The paper's size and a few others, under two minutes (the default)
  --full                  Every size: N = 5..30 variables, K = 1..64 codes, B = 64..2048 windows an update
  --base                  The paper's size alone
  --backend <name>        wasm (default), cpu, webgpu or tensorflow
  --blas <auto|off|file>  System BLAS, as bench takes it (default: FCDL_BLAS, else auto)
  --fast <on|off>         off measures methods without their accelerations, as "<method> plain" (default: on)
  --trained <n>           Measure the paper's size again after n updates of training (default: 0, not at all)
  --rounds <n>            Loops of each case; medians count (default: 5, with --full 9)
  --out <folder>          Folder whose perf.csv the numbers are added to (default: ${defaultResultsFolder})
  -h, --help              This text

The pages of deno task serve show perf.csv under /perf.
`;

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
    fast: { type: "string" },
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
  const path = perfFile(resultsFolder(flags.out));
  const measured: PerfMeasurement[] = [];
  await measureSpeed({
    ...{ methods, extent, trained, rounds },
    backend: flags.backend,
    fast: onOrOff("fast", flags.fast),
    blas: userLibrary(flags.blas || options.defaultBlas || "auto"),
  }, async (event) => {
    if (event.kind !== "training") await appendPerfRecords(path, perfRecordsOf(event));
    if (event.kind === "machine") {
      print(machineText(event));
      print(headingLine());
    } else if (event.kind === "training") {
      const left = `${formatDuration(event.leftMs)} left`;
      print(`${event.method}: ${event.done} of ${event.of} updates before the measurement, ${left}`);
    } else {
      const measurement = perfMeasurement(event.of, event.numbers);
      measured.push(measurement);
      print(measurementLine(measurement));
    }
  });
  print(kernelText(measured));
  print(`\nAdded to ${shownPath(path)}; shown on /perf of deno task serve.`);
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

function machineText(
  { of: { machine, deno, code, backend }, peaks }: Extract<SpeedEvent, { kind: "machine" }>,
): string {
  const [own, blas] = peaks;
  const speeds = own
    ? `; matrix products: own kernel ${own.gflops.toFixed(0)} GFLOP/s` +
      (blas ? `, ${blas.blas} ${blas.gflops.toFixed(0)}` : ", no system BLAS")
    : "";
  return `${code} on ${machine}, Deno ${deno}, backend ${backend}${speeds}\n`;
}

if (import.meta.main) {
  await runCli(() => perf(Deno.args, { defaultBlas: Deno.env.get("FCDL_BLAS"), print: say }));
}
