import process from "node:process";
import { csvText } from "../lib/core/csv_format.ts";
import type { SpeedComparison } from "../lib/metrics/comparison/mod.ts";
import type { Execution } from "../lib/records/execution.ts";
import type { Store } from "../lib/store/store.ts";
import {
  compareExecutions,
  comparisonCsv,
  comparisonNote,
  comparisonTable,
  type ExecutionComparison,
} from "../reports/build/execution_comparison.ts";
import { engineText } from "../reports/build/execution_table.ts";
import { readSeedResults } from "../reports/read/seed_results.ts";
import { textTable } from "./bench/text.ts";
import { parseArguments, runCli } from "./cli.ts";
import { comparePerf } from "./compare/compare_perf.ts";
import { lastTwo, pairsOf, resolveSide, type Side, Stores } from "./compare/resolve_side.ts";
import { resultsFolder } from "./results_folder.ts";
import { say } from "./terminal_text.ts";

const help = `Compare results, number by number: which are significantly worse, and by how much.

  deno task compare <before> <after> [options]
  deno task compare --suite <name> [options]      the last two complete executions of a suite

  <before>, <after>     Each an execution's id, a suite (its last complete execution), a code version or the beginning
                        of its commit (of each suite its last complete execution), or a results folder (a path with a
                        slash: of each suite its last complete execution)
  --suite <name>        Only executions of this suite
  --fail-on-regression  Exit code 1 if a number is worse, or a time slower
  --json                All rows as JSON instead of text
  --csv                 All rows as CSV instead of text
  --out <folder>        The folder with store.sqlite and perf.csv. Default: results.
  --help                This text.

Judged are return, success and accuracy of five seeds or more on either side, with Holm's correction over all of them;
times are those of deno task perf. docs/comparison.md has the rules and how often they are wrong.`;

/**
 * The command line of `deno task compare`.
 *
 * @param options.print Takes lines to be read, `write` text of a file.
 * @returns The exit code: 1 with --fail-on-regression if something is worse.
 * @throws {Error} One sentence, if an option, a name or a store is not there.
 */
export async function main(
  args: readonly string[],
  { print, write }: { print(line: string): void; write(text: string): void },
): Promise<number> {
  const { values, names } = parseArguments(args, {
    suite: { type: "string" },
    "fail-on-regression": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    csv: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  if (values.json && values.csv) {
    throw new RangeError("Cannot read the command line: --json and --csv exclude each other, expected one, got both");
  }
  const suite = values.suite ?? null;
  if (names.length !== 2 && (names.length !== 0 || suite === null)) {
    throw new RangeError(
      "Cannot read the command line: two things are compared, expected <before> and <after>, or --suite for the last " +
        `two executions of one, got ${names.length === 0 ? "none" : names.join(" ")}`,
    );
  }
  const stores = new Stores();
  try {
    const at = { stores, folder: resultsFolder(values.out) };
    const [before, after] = names.length === 0
      ? await lastTwo(suite!, at)
      : [await resolveSide(names[0]!, { ...at, suite }), await resolveSide(names[1]!, { ...at, suite })];
    const compared = await compareSides(before, after);
    const regressions = compared.reduce((sum, { numbers, speed }) => sum + numbers.worse.length + slower(speed), 0);
    if (values.json) write(`${JSON.stringify(asJson(compared), null, 2)}\n`);
    else if (values.csv) write(csvText(comparisonCsv(compared.map(({ numbers }) => numbers))));
    else for (const each of compared) print(asText(each));
    return values["fail-on-regression"] && regressions > 0 ? 1 : 0;
  } finally {
    await stores.close();
  }
}

interface Compared {
  readonly numbers: ExecutionComparison;
  readonly speed: SpeedComparison | null;
}

async function compareSides(before: Side, after: Side): Promise<readonly Compared[]> {
  const pairs = pairsOf(before, after);
  if (pairs.length === 0) {
    const suites = ({ executions }: Side) => executions.map((execution) => execution.suite).join(", ") || "no suite";
    throw new RangeError(
      `Cannot compare: the two have no suite in common of which they are different executions, expected one, got ` +
        `${suites(before)} and ${suites(after)}`,
    );
  }
  const compared: Compared[] = [];
  for (const [left, right] of pairs) {
    compared.push({
      numbers: compareExecutions(await withResults(before.store, left), await withResults(after.store, right)),
      speed: left.code.version === right.code.version ? null : await comparePerf(
        { folder: before.folder, code: left.code.version },
        { folder: after.folder, code: right.code.version },
      ),
    });
  }
  return compared;
}

async function withResults(store: Store, execution: Execution) {
  return { execution, results: await readSeedResults(store, execution.id) };
}

function slower(speed: SpeedComparison | null): number {
  return speed?.rows.filter(({ verdict }) => verdict === "slower").length ?? 0;
}

function asText({ numbers, speed }: Compared): string {
  const { before, after, judged } = numbers;
  const note = comparisonNote(numbers);
  const sides = textTable([
    ["", "execution", "suite", "begun, UTC", "code", "engine"],
    ...[["before", before] as const, ["after", after] as const].map(([label, side]) => [
      ...[label, side.id, side.suite, new Date(side.startedAtMs).toISOString().slice(0, 16).replace("T", " ")],
      ...[side.code.version, engineText(side.engine)],
    ]),
  ], { left: 6 });
  const table = comparisonTable(judged, { id: "judged", title: "", caption: "" });
  return [
    sides,
    ...(judged.length === 0 ? [] : [
      textTable(
        [table.columns.map(({ label }) => label), ...table.rows.map((row) => row.map(({ text }) => text || "-"))],
        { left: 4 },
      ),
    ]),
    [note.title, ...note.lines].join("\n"),
    speedText(speed),
  ].join("\n\n");
}

function speedText(speed: SpeedComparison | null): string {
  if (!speed) return "Speed: not measured of both codes on one machine (deno task perf)";
  const percent = (factor: number) => `${factor >= 1 ? "+" : "\u2212"}${Math.abs(100 * (factor - 1)).toFixed(1)} %`;
  return textTable([
    ["what", "time", "change", "95 %", "verdict"],
    ...speed.rows.map(({ case: what, metric, factor, low, high, verdict }) => [
      ...[what, metric, percent(factor), low === null || high === null ? "-" : `${percent(low)} to ${percent(high)}`],
      verdict,
    ]),
  ], { left: 2 });
}

/** What `--json` prints. */
function asJson(compared: readonly Compared[]) {
  const side = ({ id, suite, startedAtMs, state, code, engine, settings }: Execution) => ({
    ...{ id, suite, startedAtMs, state, code, engine, settings },
  });
  return {
    version: 1,
    comparisons: compared.map(({ numbers: { before, after, rows, worse, better, judged }, speed }) => ({
      ...{
        before: side(before),
        after: side(after),
        judged: judged.length,
        worse: worse.length,
        better: better.length,
      },
      slower: slower(speed),
      ...{ rows, speed },
    })),
  };
}

if (import.meta.main) {
  await runCli(async () => {
    process.exitCode = await main(Deno.args, { print: say, write: (text) => process.stdout.write(text) });
  });
}
