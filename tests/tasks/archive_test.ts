import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { openStore } from "../../lib/store/open_store.ts";
import { projectFolder } from "../import_graph.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { holder, metric, newRun } from "../contracts/store_data.ts";

/** Runs a task with exactly its permissions. */
async function task(name: "archive" | "import", ...args: string[]) {
  const [program, ...rest] = project.tasks[name].command.split(" ");
  equal(program, "deno");
  const child = new Deno.Command(Deno.execPath(), {
    args: [...rest, ...args],
    cwd: projectFolder,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await child.output();
  return { code, output: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("archive and import carry executions from one results folder to another", () =>
  inFolder(async (folder) => {
    const [here, there] = [join(folder, "here"), join(folder, "there")];
    const store = await openStore(join(here, "store.sqlite"));
    for (const id of ["one", "two"]) {
      await store.addRuns([newRun(`${id}-a`)], { execution: newExecution(id) });
      await store.claim(`${id}-a`, { ...holder, leaseMs: 600_000, nowMs: Date.now() });
      await store.recordMetrics(`${id}-a`, [metric({})], holder);
    }
    await store.finish("one-a", { ...holder, status: "done", elapsedMs: 1, nowMs: Date.now() });
    await store.close();
    const file = join(folder, "all.jsonl.gz");
    const written = await task("archive", "--out", here, "--to", file);
    equal(written.code, 0, written.errors);
    match(written.output, /all\.jsonl\.gz: 1 executions, 1 runs\nLeft out: two, which is running\n$/);
    const held = await task("archive", "--out", here, "--to", join(folder, "two.gz"), "--execution", "two");
    deepEqual([held.code, held.output], [2, ""]);
    match(held.errors, /^Cannot archive execution two: it is running, expected one that rests/);
    const merged = await task("import", file, "--out", there);
    equal(merged.code, 0, merged.errors);
    match(merged.output, /1 new executions, 1 runs added, 0 replaced, 0 there already\n +one\n$/);
    match((await task("import", "--out", there, file)).output, /0 new executions, 0 runs added, 0 replaced, 1 there/);
    // A file that is refused makes no store.
    await Deno.truncate(file, 100);
    const refused = await task("import", file, "--out", join(folder, "new"));
    deepEqual([refused.code, refused.output], [2, ""]);
    match(refused.errors, /^Cannot read archive .*all\.jsonl\.gz: it is truncated, expected .*\n$/);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["all.jsonl.gz", "here", "there"]);
  }));

Deno.test("archive and import answer a wrong command line with one sentence", async () => {
  const cases: readonly (readonly ["archive" | "import", readonly string[], RegExp])[] = [
    ["archive", [], /^Cannot read the command line: --to is missing, expected the file to write, got none\n$/],
    ["archive", ["x", "--to", "y"], /^Cannot read the command line: Unexpected argument 'x'/],
    ["import", [], /^Cannot read the command line: no file is named, expected files to import, got none\n$/],
    ["import", ["--from", "x"], /^Cannot find option "--from": unknown name, expected one of --out, --help, got/],
  ];
  for (const [name, args, sentence] of cases) {
    const { code, output, errors } = await task(name, ...args);
    deepEqual([code, output], [2, ""]);
    match(errors, sentence);
  }
});
