import { availableParallelism } from "node:os";
import type { ExecutionChoice } from "../../lib/bench/mod.ts";
import { maxOf } from "../../lib/core/extremes.ts";
import { suites } from "../../lib/experiment/suite_registry.ts";
import { parseSeeds } from "../../lib/experiment/seeds.ts";
import { onOrOff, parseFlags } from "../cli.ts";
import { defaultResultsFolder, resultsFolder } from "../results_folder.ts";
import { userLibrary } from "../user_paths.ts";

/** What `deno task bench` was asked to do. */
export interface BenchOptions {
  /** A built-in suite's name or a JSON file. */
  readonly suite: string;
  readonly methods: readonly string[] | null;
  readonly seeds: readonly number[] | null;
  readonly steps: number | null;
  readonly workers: number;
  /** The results folder, absolute. */
  readonly out: string;
  readonly fresh: boolean;
  readonly execution: ExecutionChoice;
  /** What a schedule started. */
  readonly isScheduled: boolean;
  readonly dryRun: boolean;
  readonly backend: string;
  /** `auto`, `off`, or the name or path of a system BLAS. */
  readonly blas: string;
  /** Whether methods' accelerations are used. */
  readonly fast: boolean;
  readonly checkpointEveryMs: number;
}

const flags = {
  suite: { type: "string" },
  methods: { type: "string" },
  seeds: { type: "string" },
  steps: { type: "string" },
  workers: { type: "string" },
  out: { type: "string" },
  resume: { type: "boolean" },
  fresh: { type: "boolean" },
  new: { type: "boolean" },
  scheduled: { type: "string" },
  "dry-run": { type: "boolean" },
  backend: { type: "string" },
  blas: { type: "string" },
  fast: { type: "string" },
  "checkpoint-seconds": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** The text of `--help`. */
export function benchHelp(): string {
  const width = maxOf(suites.map((suite) => suite.id.length));
  return `Train and evaluate a suite of runs in parallel, and keep everything in a results folder.
Issue it again and only what is missing is run; stop it with Ctrl-C and it can go on later.

Usage: deno task bench [options]

  --suite <name|file>       A suite by name, or a JSON file of your own (default: quick)
  --methods <a,b>           Only these methods of the suite, by label or id
  --seeds <1-8|1,3,5>       These seeds instead of the suite's
  --steps <n>               Loops with gradient updates (training.loops) instead of the suite's;
                            results go to a suite of their own, <suite>-<n>-steps
  --workers <n>             Worker processes at a time (default: one a core, here ${availableParallelism()})
  --out <folder>            Results folder (default: ${defaultResultsFolder} in the project's folder)
  --new                     Begin another execution of the suite, whatever is done; the default is to go on with the
                            last one of the same code and engine, and to begin one where there is none
  --resume                  Go on with the last execution that is not complete, whatever code and engine began it
  --scheduled <id>          As deno task schedule asks for it: go on with the execution of this id, or with the last of
                            the same code and engine where that is unfinished; else begin one of this id
  --fresh                   Forget the results of exactly these runs of the execution and train them anew
  --dry-run                 Show the runs, their sizes and what is already done; write nothing
  --backend <name>          wasm, cpu, webgpu, tensorflow or auto: for each run the fastest of those set up that computes
                            what cpu computes, measured once and kept in engines.json, wasm when in doubt; a run that
                            goes on keeps its own (default: auto)
  --blas <auto|off|file>    A system BLAS (OpenBLAS, MKL, BLIS, Accelerate) for large products of updates: auto
                            takes one that is found and measured to be faster (default: FCDL_BLAS, else auto)
  --fast <on|off>           off computes each method as its network says, without its acceleration: the same within
                            rounding, slower; results go to a suite of their own, <suite>-plain (default: on)
  --checkpoint-seconds <s>  Time between two checkpoints of a run (default: 30)
  -h, --help                This text

Suites:
${suites.map(({ id, summary }) => `  ${id.padEnd(width)}  ${summary}`).join("\n")}

Exit code: 0 all runs done, 1 a run failed or was left, 2 bad input, 130 stopped.

Examples:
  deno task bench --suite smoke
  deno task bench --suite chemical-fork --methods fcdl --seeds 1-3 --workers 2
  deno task bench --suite my_suite.json --dry-run
`;
}

/**
 * Reads the command line.
 *
 * @param defaults What the environment says instead of a flag.
 * @returns The options; `help` where the help text was asked for.
 * @throws {RangeError | SyntaxError} If a flag is unknown or a value is not allowed.
 */
export function parseBenchOptions(
  args: readonly string[],
  defaults: { readonly blas?: string } = {},
): BenchOptions | "help" {
  const values = parseFlags(args, flags);
  if (values.help) return "help";
  const [first, second] = (["new", "resume", "fresh", "scheduled"] as const).filter((flag) => values[flag]);
  if (first && second) {
    throw new RangeError(
      `Cannot read the command line: --${first} and --${second} exclude each other, expected one, got both`,
    );
  }
  const { suite, methods, seeds, steps, workers, out, backend } = values;
  const checkpointSeconds = values["checkpoint-seconds"];
  return {
    suite: suite ?? "quick",
    methods: methods === undefined ? null : names(methods),
    seeds: seeds === undefined ? null : parseSeeds(seeds),
    steps: steps === undefined ? null : wholeNumber("steps", { text: steps, most: 1e9 }),
    workers: workers === undefined ? availableParallelism() : wholeNumber("workers", { text: workers, most: 1024 }),
    out: resultsFolder(out),
    fresh: values.fresh === true,
    execution: executionOf(values),
    isScheduled: values.scheduled !== undefined,
    dryRun: values["dry-run"] === true,
    backend: backend ?? "auto",
    blas: userLibrary(values.blas || defaults.blas || "auto"),
    fast: onOrOff("fast", values.fast),
    checkpointEveryMs: 1000 *
      (checkpointSeconds === undefined
        ? 30
        : wholeNumber("checkpoint-seconds", { text: checkpointSeconds, most: 86_400 })),
  };
}

function executionOf(
  { new: isNew, resume, scheduled }: { readonly new?: boolean; readonly resume?: boolean; readonly scheduled?: string },
): ExecutionChoice {
  if (scheduled === undefined) return isNew ? "new" : resume ? "last" : "same";
  if (/^[a-z][a-z0-9-]{0,99}$/.test(scheduled)) return { next: scheduled };
  throw new RangeError(
    "Cannot read the command line: --scheduled is not allowed, expected an id of lower-case letters, digits and dashes, " +
      `got "${scheduled}"`,
  );
}

function names(text: string): readonly string[] {
  const parts = text.split(",").map((name) => name.trim());
  if (parts.includes("")) {
    throw new RangeError(
      `Cannot read the command line: --methods is not allowed, expected names as a,b, got "${text}"`,
    );
  }
  return parts;
}

function wholeNumber(flag: string, { text, most }: { readonly text: string; readonly most: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new RangeError(
      `Cannot read the command line: --${flag} is not allowed, expected a whole number from 1 to ${most}, got "${text}"`,
    );
  }
  return value;
}
