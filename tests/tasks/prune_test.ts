import { deepEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { main as executions } from "../../tasks/executions.ts";
import { main as prune } from "../../tasks/prune.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { newRun } from "../contracts/store_data.ts";

const nowMs = 1e9;

/** A results folder with executions of suite `a` in the states given, the last one `e9` at most, and one of suite `b`. */
async function withResults(
  states: Readonly<Record<string, "done" | "failed" | "interrupted" | "running">>,
  use: (results: {
    run(task: typeof prune, ...args: string[]): Promise<string>;
    left(): Promise<readonly string[]>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const inStore = async <Value>(act: (store: Store) => Promise<Value>): Promise<Value> => {
    const store = await openStore(join(folder, "store.sqlite"));
    try {
      return await act(store);
    } finally {
      await store.close();
    }
  };
  try {
    await inStore(async (store) => {
      for (const [index, [id, status]] of [...Object.entries(states), ["other", "done"] as const].entries()) {
        const suite = id === "other" ? "b" : "a";
        await store.addRuns([newRun(`${id}-run`, suite)], {
          execution: newExecution(id, { suite, startedAtMs: 1000 + index }),
        });
        await store.claim(`${id}-run`, { worker: "w", leaseMs: 60_000, nowMs });
        if (status === "running") continue;
        await store.finish(`${id}-run`, { worker: "w", status, elapsedMs: 1, nowMs });
      }
    });
    await use({
      async run(task, ...args) {
        const lines: string[] = [];
        await task([...args, "--out", folder], { print: (line) => lines.push(line), now: () => nowMs });
        return lines.join("\n");
      },
      left: () => inStore(async (store) => (await store.listExecutions()).map(({ id }) => id)),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("prune keeps the last ones, what has a tag, what runs and the last complete one; first it only says so", () =>
  withResults(
    { e1: "done", e2: "done", e3: "failed", e4: "running", e5: "interrupted", e6: "failed" },
    async ({ run, left }) => {
      const all = ["e1", "e2", "e3", "e4", "e5", "e6", "other"];
      const first = await run(prune, "--keep", "2");
      match(first, /e1 +complete +1 of 1 run +would be removed\n/);
      match(first, /e2 .* stays: the last complete one\n.*e3 .* would be removed\n.*e4 .* stays: running\n/);
      match(first, /e5 .* stays: one of the last\n/);
      match(first, /Nothing was removed; --apply removes 2 of 7 executions\.$/);
      deepEqual(await left(), all);
      match(await run(executions, "--execution", "e3", "--tag", "v1"), /e3 .* v1$/);
      match(await run(prune, "--keep", "2", "--apply"), /e3 .* stays: tagged\n[^]*Removed 1 of 7 executions/);
      deepEqual(await left(), all.slice(1));
      await run(executions, "--execution", "e3", "--untag", "v1");
      await run(prune, "--keep", "0", "--suite", "a", "--apply");
      deepEqual(await left(), ["e2", "e4", "other"]);
      match(await run(prune, "--keep", "0", "--apply"), /Removed 0 of 3 executions/);
    },
  ));

Deno.test("prune and executions answer bad input with one sentence and change nothing", () =>
  withResults({ e1: "done" }, async ({ run, left }) => {
    await rejects(run(prune), /--keep is missing, expected a whole number from 0 to 999999, got none$/);
    await rejects(run(prune, "--keep=-1"), /--keep is not allowed, expected .*, got "-1"$/);
    await rejects(
      run(prune, "--keep", "1", "--suite", "x", "--apply"),
      /Cannot find suite "x": .* one of a, b, got "x"$/,
    );
    await rejects(run(executions, "--execution", "x", "--tag", "y"), /Cannot find execution "x": .* one of e1, other/);
    await rejects(run(executions, "--tag", "y"), /--execution goes with --tag or --untag, expected both or neither/);
    await rejects(run(executions, "--execution", "e1", "--tag", "a b"), /a tag is not allowed, expected letters/);
    match(
      await run(executions, "--suite", "a"),
      /^suite +execution .*\n-.*\na +e1 +1970-01-01 00:00 +complete +1 of 1 run/,
    );
    deepEqual(await left(), ["e1", "other"]);
  }));
