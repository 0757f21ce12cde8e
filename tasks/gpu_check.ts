import { mkdir, writeFile } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type AskEngine, askInProcess, provenanceOf } from "../lib/bench/mod.ts";
import { csvText } from "../lib/core/csv_format.ts";
import { unknownName } from "../lib/core/errors.ts";
import { methods as registry } from "../lib/model/registry.ts";
import { tensorFlowFolder } from "../lib/tensor/mod.ts";
import { parseFlags, runCli } from "./cli.ts";
import { checkNumbers } from "./gpu_check/check_numbers.ts";
import { Budget, type CheckRow, row } from "./gpu_check/check_row.ts";
import { checkSpeed } from "./gpu_check/check_speed.ts";
import { checkTests, runTestsInProcess } from "./gpu_check/check_tests.ts";
import { checkTraining } from "./gpu_check/check_training.ts";
import { checkColumns, reportText } from "./gpu_check/report_text.ts";
import { resultsFolder } from "./results_folder.ts";
import { detectHost, type Host } from "./setup_tensorflow/host.ts";
import { thisSystem } from "./setup_tensorflow/system.ts";
import { verifyFolder } from "./setup_tensorflow/verify_folder.ts";
import { say } from "./terminal_text.ts";
import { shownPath } from "./user_paths.ts";

const help = `Check and time the tensorflow backend on this machine: does it compute rightly, how fast is each method.

Usage: deno task gpu-check [options]

  --methods <a,b>   Only these methods, the first one for all numbers of runs at once (default: all, FCDL first)
  --minutes <n>     Time for all of it; what there is no time for is said (default: 9)
  --backend <name>  Another backend than tensorflow
  --out <folder>    Results folder; the report goes to its folder gpu-check (default: results)
  -h, --help        This text

Needs no network, and of this project its folder with node_modules and .tensorflow, and Deno.
Exit code: 0; 1 where the backend computes otherwise than it should or a test fails; 2 bad input.
`;

const minute = 60_000;

/** Shares of the whole time that parts may take at most; what one leaves is the next one's. */
const shares = { vectors: 0.2, operations: 0.15, speed: 0.45, baseline: 0.15, training: 0.15 } as const;

async function gpuCheck(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, {
    methods: { type: "string" },
    minutes: { type: "string", default: "9" },
    backend: { type: "string", default: "tensorflow" },
    out: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (flags.help) {
    say(help);
    return 0;
  }
  const engine = flags.backend;
  const methods = parseMethods(flags.methods);
  const totalMs = parseMinutes(flags.minutes) * minute;
  const folder = join(resultsFolder(flags.out), "gpu-check");
  const clock = () => performance.now();
  const budget = new Budget(clock, totalMs);
  const host = await detectHost(thisSystem);
  const library = engine === "tensorflow" ? await verifyFolder(tensorFlowFolder, thisSystem) : null;
  const facts = factsOf(host, { engine, library });
  for (const fact of facts) say(fact);
  const rows: CheckRow[] = [
    row({ section: "machine", item: "report", metric: "written", value: new Date().toISOString() }),
  ];
  const part = async (name: string, check: () => Promise<readonly CheckRow[]>) => {
    say(`${name} ... (${Math.round(budget.leftMs / 1000)} s left)`);
    for (const found of await check()) {
      rows.push(found);
      say(lineOf(found));
    }
  };
  const share = (of: keyof typeof shares) => Math.min(totalMs * shares[of], budget.leftMs);
  const tests = { engine, runTests: runTestsInProcess };
  // No answer outlasts the whole time.
  const ask: AskEngine = (task) => askInProcess({ ...task, limitMs: Math.max(budget.leftMs, 1000) });
  const speed = { budget, ask, freeBytes: freemem, cardMiB: host.gpus.length > 0 ? cardMiB : noCard };
  const numbers = { engine, reference: "cpu", usesGpu: library?.usesGpu ?? false, ask };
  await part("numbers", () => checkNumbers(methods[0]!, numbers));
  await part(
    "reference vectors",
    () =>
      checkTests({ item: "reference vectors", files: ["tests/model/reference_test.ts"] }, {
        ...tests,
        limitMs: share("vectors"),
      }),
  );
  await part(
    "tensor operations",
    () =>
      checkTests({ item: "contract of tensor operations", files: ["tests/tensor/ops/"] }, {
        ...tests,
        limitMs: share("operations"),
      }),
  );
  await part("training", () => checkTraining(methods[0]!, { engine, clock, limitMs: share("training") }));
  await part("speed", () => checkSpeed({ ...speed, engine, methods, limitMs: share("speed") }));
  await part(
    "speed of wasm",
    () => checkSpeed({ ...speed, engine: "wasm", methods, counts: [1], limitMs: share("baseline") }),
  );
  await part(
    "model contract",
    () =>
      checkTests({ item: "model contract", files: ["tests/contracts/model_contract_test.ts"] }, {
        ...tests,
        limitMs: budget.leftMs,
      }),
  );
  await mkdir(folder, { recursive: true });
  const paths = [join(folder, "report.md"), join(folder, "report.csv")] as const;
  await writeFile(paths[0], reportText(rows, facts));
  await writeFile(
    paths[1],
    csvText({ columns: checkColumns, records: rows.map((each) => checkColumns.map((key) => each[key])) }),
  );
  say(`Wrote ${paths.map((path) => shownPath(path)).join(" and ")}.`);
  return rows.some(isWrong) ? 1 : 0;
}

/** Whether a row says that something is not as it should be; what was cut short or differs in bits is not wrong. */
function isWrong({ section, metric, value }: CheckRow): boolean {
  return (section === "tests" && metric === "failed" && value !== 0 && value !== null) ||
    (section === "numbers" && metric.startsWith("as on") && value !== "yes") ||
    (section === "training" && metric === "done" && value === "no");
}

function parseMethods(text: string | undefined): readonly string[] {
  const known = registry.map(({ id }) => id);
  if (text === undefined) return known;
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) if (!known.includes(name)) throw unknownName("method", { name, choices: known });
  return names;
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 24 * 60) return minutes;
  throw new RangeError(
    `Cannot read the command line: --minutes is not allowed, expected a number above 0 and at most 1440, got "${text}"`,
  );
}

function factsOf(
  { gpus, driver, cuda }: Host,
  { engine, library }: {
    readonly engine: string;
    readonly library: { readonly version: string; readonly usesGpu: boolean } | null;
  },
): readonly string[] {
  const { codeVersion, versions, machine } = provenanceOf(engine);
  return [
    `fcdl-bench ${codeVersion}, Deno ${versions.deno}, TensorFlow.js ${versions.tfjs}`,
    `${machine.cpu}, ${machine.cores} cores, ${(Number(machine.memoryBytes) / 2 ** 30).toFixed(1)} GiB`,
    gpus.length === 0 ? "no NVIDIA card" : `${gpus.map(({ name }) => name).join(", ")}; driver ${driver}`,
    `CUDA of the system: ${cuda.runtime.join(", ") || "none"}`,
    library === null
      ? `backend ${engine}`
      : `TensorFlow ${library.version}, computing on the ${library.usesGpu ? "card" : "processor"}`,
  ];
}

function lineOf({ item, engine, seeds, metric, value, unit, note }: CheckRow): string {
  const what = [item, engine, ...(seeds === null ? [] : [`${seeds} at once`]), metric].filter((each) => each !== "");
  const shown = typeof value === "number" ? String(Number(value.toPrecision(4))) : value ?? "-";
  return `  ${what.join(", ")}: ${shown}${unit === "" ? "" : ` ${unit}`}${note === "" ? "" : ` (${note})`}`;
}

/** Memory in use on all cards, MiB. */
async function cardMiB(): Promise<number | null> {
  const said = await thisSystem.run("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader,nounits"]);
  if (said?.code !== 0) return null;
  return said.output.trim().split("\n").reduce((sum, line) => sum + Number(line), 0);
}

const noCard = () => Promise.resolve(null);

if (import.meta.main) {
  await runCli(async () => {
    process.exitCode = await gpuCheck(Deno.args);
    // Measurements that outlast their time are not waited for.
    Deno.exit();
  });
}
