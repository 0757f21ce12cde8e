import process from "node:process";
import { maxOf } from "../lib/core/extremes.ts";
import { provenanceOf } from "../lib/bench/mod.ts";
import { parseFlags, runCli } from "./cli.ts";
import { say } from "./terminal_text.ts";
import {
  type Check,
  checkBackends,
  checkBlas,
  checkChromium,
  checkStore,
  defaultBackend,
  measureBackends,
} from "./doctor/checks.ts";
import { defaultResultsFolder, resultsFolder } from "./results_folder.ts";
import { userLibrary } from "./user_paths.ts";

const help = `Say which backends, kernels and stores work on this machine, and what would make the others work.

Usage: deno task doctor [options]

  --out <folder>          Folder of the results (default: ${defaultResultsFolder})
  --blas <auto|off|file>  System BLAS to look at, as bench takes it (default: FCDL_BLAS, else auto)
  --quick                 Leave out how fast backends are
  --json                  One JSON object instead of a table
  -h, --help              This text

Exit code: 0, or 1 if the default backend (${defaultBackend}) cannot run; 2 bad input.
`;

/** Everything that doctor finds. */
export interface Diagnosis {
  readonly codeVersion: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly checks: readonly Check[];
}

/** What the environment says, see the README. */
export interface DoctorEnvironment {
  readonly blas?: string | undefined;
  readonly chromium?: string | undefined;
  readonly path: string;
}

/**
 * The command line of `deno task doctor`.
 *
 * @param options.print Takes the output.
 * @returns The exit code.
 * @throws {RangeError} One sentence, if a flag is unknown.
 */
export async function doctor(
  args: readonly string[],
  options: { readonly environment: DoctorEnvironment; print(text: string): void },
): Promise<number> {
  const flags = parseFlags(args, {
    out: { type: "string" },
    blas: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
  if (flags.help) {
    options.print(help);
    return 0;
  }
  const { environment } = options;
  const { codeVersion, versions, machine } = provenanceOf(defaultBackend);
  const backends = await checkBackends();
  const checks = [
    ...flags.quick ? backends : await measureBackends(backends),
    await checkBlas(userLibrary(flags.blas || environment.blas || "auto")),
    await checkStore(resultsFolder(flags.out)),
    checkChromium({ named: environment.chromium, path: environment.path }),
  ];
  const diagnosis: Diagnosis = { codeVersion, versions, machine, checks };
  options.print(flags.json ? JSON.stringify(diagnosis, null, 2) : diagnosisText(diagnosis));
  return exitCodeOf(diagnosis);
}

/** 0 unless the default backend cannot run. */
export function exitCodeOf({ checks }: Pick<Diagnosis, "checks">): number {
  return checks.some((check) => check.part === `backend ${defaultBackend}` && check.status !== "ok") ? 1 : 0;
}

/** A diagnosis as a table for the terminal. */
export function diagnosisText({ codeVersion, versions, machine, checks }: Diagnosis): string {
  const gibibytes = (Number(machine.memoryBytes) / 2 ** 30).toFixed(1);
  const facts = [
    ["fcdl-bench", codeVersion],
    ["versions", Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")],
    ["machine", `${machine.cpu}, ${machine.cores} cores, ${gibibytes} GiB memory, ${machine.os} ${machine.arch}`],
  ];
  const rows = [
    ...facts.map(([part, detail]) => [part!, "", detail!]),
    ...checks.flatMap(({ part, status, detail, remedy }) => [
      [part, status, detail],
      ...(remedy === undefined ? [] : [["", "", `to make it available: ${remedy}`]]),
    ]),
  ];
  const widths = [0, 1].map((column) => maxOf(rows.map((row) => row[column]!.length)));
  return rows.map(([part, status, detail]) => `${part!.padEnd(widths[0]!)}  ${status!.padEnd(widths[1]!)}  ${detail}`)
    .join("\n");
}

if (import.meta.main) {
  await runCli(async () => {
    const environment = {
      blas: Deno.env.get("FCDL_BLAS"),
      chromium: Deno.env.get("FCDL_CHROMIUM"),
      path: Deno.env.get("PATH") ?? "",
    };
    process.exitCode = await doctor(Deno.args, { environment, print: say });
  });
}
