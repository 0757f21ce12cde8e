import { type CheckRow, row } from "./check_row.ts";

/** What a run of some tests said, as far as it got. */
export interface TestRun {
  readonly output: string;
  /** Whether it was ended before its own end. */
  readonly isCutShort: boolean;
}

/** Runs test files on a backend, for some time at most. */
export type RunTests = (
  files: readonly string[],
  options: { readonly engine: string; readonly limitMs: number },
) => Promise<TestRun>;

/** Passed and failed tests of a set as rows. */
export async function checkTests(
  { item, files }: { readonly item: string; readonly files: readonly string[] },
  { engine, limitMs, runTests }: { readonly engine: string; readonly limitMs: number; readonly runTests: RunTests },
): Promise<readonly CheckRow[]> {
  const part = { section: "tests", engine, item };
  if (limitMs < 1000) return [row({ ...part, metric: "passed", note: "not run: there was no time left" })];
  const { output, isCutShort } = await runTests(files, { engine, limitMs });
  const lines = output.split("\n");
  const failed = lines.flatMap((line) => /^(.*) \.\.\. FAILED/.exec(line)?.[1] ?? []);
  const passed = lines.filter((line) => / \.\.\. ok /.test(line)).length;
  const all = lines.reduce((sum, line) => sum + Number(/^running (\d+) tests?/.exec(line)?.[1] ?? 0), 0);
  const said = isCutShort
    ? `ended after ${Math.round(limitMs / 1000)} s${all > passed + failed.length ? `, of ${all} tests` : ""}`
    : passed + failed.length === 0
    ? `no test ran: ${lines.findLast((line) => line.trim() !== "") ?? ""}`
    : "";
  return [
    row({ ...part, metric: "passed", value: passed, note: said }),
    row({ ...part, metric: "failed", value: failed.length, note: failed.join("; ") }),
  ];
}

/** Runs tests in a process of its own; types are not checked. */
export const runTestsInProcess: RunTests = async (files, { engine, limitMs }) => {
  const limit = AbortSignal.timeout(limitMs);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...files],
    env: { TEST_BACKEND: engine, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: limit,
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) output += text;
  await child.status;
  return { output, isCutShort: limit.aborted };
};
