import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import {
  chooseExecution,
  type ExecutionRequest,
  isSameCode,
  newExecutionId,
  settingsHash,
} from "../../lib/bench/choose_execution.ts";
import { codeHash } from "../../lib/bench/code_hash.ts";
import { expandSuite, type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { parseSuite } from "../../lib/experiment/suite.ts";
import type { RunStatus } from "../../lib/records/run_records.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { requestOf } from "./execution_request.ts";

async function planned(change: object = {}): Promise<readonly PlannedRun[]> {
  const suite = {
    name: "s",
    title: "S",
    environments: [{ id: "chemical", variables: 4, colors: 3, noisyNodes: [2] }],
    methods: [{ id: "mlp", hidden: [8] }],
    seeds: [1, 2],
    ...change,
  };
  return await expandSuite(parseSuite(suite, { what: "suite" }));
}

/** A suite that is executed again and again in a store of its own. */
async function withSuite(
  use: (suite: {
    readonly store: Store;
    /** What would be done now. */
    choose(
      request?: Partial<ExecutionRequest>,
      runs?: readonly PlannedRun[],
    ): Promise<ReturnType<typeof chooseExecution>>;
    /** The same, done: the runs end as told. */
    execute(ends: readonly RunStatus[], request?: Partial<ExecutionRequest>): Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const store = await openStore(`${folder}/store.sqlite`);
  const runs = await planned();
  const choose = async (request: Partial<ExecutionRequest> = {}, these = runs) => {
    const stored = {
      executions: await store.listExecutions({ suite: "s" }),
      runs: await store.listRuns({ suite: "s" }),
    };
    return chooseExecution(these, { request: requestOf(request), stored });
  };
  try {
    await use({
      store,
      choose,
      async execute(ends, request) {
        const chosen = await choose(request);
        await store.openExecution("s", () => chosen);
        for (const [index, status] of ends.entries()) {
          const { id } = chosen.runs[index]!;
          if (status === "pending" || !await store.claim(id, { worker: "w", leaseMs: 1000, nowMs: 0 })) continue;
          if (status === "running") continue;
          await store.finish(id, { worker: "w", status, elapsedMs: 1, nowMs: 1 });
        }
        return chosen.execution.id;
      },
    });
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("plain bench goes on with the execution of the same code and engine, whatever is missing of it", () =>
  withSuite(async ({ store, choose, execute }) => {
    const first = await choose();
    deepEqual([first.isNew, first.previous, first.changes], [true, null, []]);
    match(first.execution.id, /^e20261125-201530-[0-9a-f]{6}$/);
    const id = await execute(["done", "interrupted"]);
    for (const ends of [["done", "failed"], ["done", "done"]] as const) {
      const again = await choose();
      deepEqual([again.execution.id, again.isNew], [id, false]);
      equal(await execute(ends), id);
    }
    // More seeds belong to it, and keep it from being complete.
    const more = await choose({}, await planned({ seeds: [1, 2, 3] }));
    deepEqual([more.execution.id, more.runs.length], [id, 3]);
    await store.openExecution("s", () => more);
    const [execution] = await store.listExecutions();
    deepEqual([execution!.state, execution!.runs, execution!.byStatus.done], ["unfinished", 3, 2]);
  }));

Deno.test("other code or another engine begin an execution, and say why; back to the old ones goes on with theirs", () =>
  withSuite(async ({ store, choose, execute }) => {
    const id = await execute(["done", "interrupted"]);
    const cases: readonly (readonly [Partial<ExecutionRequest>, readonly string[]])[] = [
      [{ code: { version: "1.0.0+bbb", hash: "b" } }, ["code 1.0.0+bbb after 1.0.0+aaa"]],
      [{ code: { version: "1.0.0+aaa", hash: "c" } }, ["code edited (1.0.0+aaa)"]],
      [{ engineFor: () => ({ backend: "cpu", library: { tfjs: "4" } }) }, ["backend cpu after wasm"]],
      [
        { engineFor: () => ({ backend: "wasm", library: { tfjs: "5", blas: "OpenBLAS 1" } }) },
        ["TensorFlow.js 5 after 4", "system BLAS OpenBLAS 1 after none"],
      ],
    ];
    for (const [request, changes] of cases) {
      const chosen = await choose(request);
      deepEqual([chosen.isNew, chosen.previous!.id, chosen.changes], [true, id, changes]);
    }
    // A commit that changes nothing that results depend on is the same code.
    equal((await choose({ code: { version: "1.0.0+ccc", hash: "a" } })).execution.id, id);
    const newer = await execute(["done", "done"], { code: { version: "1.0.0+bbb", hash: "b" } });
    notEqual(newer, id);
    equal((await choose()).execution.id, id);
    equal((await choose({ code: { version: "1.0.0+bbb", hash: "b" } })).execution.id, newer);
    equal((await store.listRuns()).length, 4);
    // What is unfinished is gone on with on demand, and only then.
    equal((await choose({ choice: "last", code: { version: "2", hash: "d" } })).execution.id, id);
  }));

Deno.test("a new execution is begun on demand, keeps to the order of starts, and has runs of its own", () =>
  withSuite(async ({ store, choose, execute }) => {
    const first = await execute(["done", "done"]);
    const second = await execute(["done"], { choice: "new", now: () => 5 }); // The clock was set back by years.
    const executions = await store.listExecutions();
    deepEqual(executions.map(({ id }) => id), [first, second]);
    ok(executions[1]!.startedAtMs > executions[0]!.startedAtMs);
    equal((await choose()).execution.id, second);
    const ids = (await store.listRuns()).map(({ id }) => id);
    equal(new Set(ids).size, 4);
    ok(ids.every((id) => /^r[0-9a-f]{16}$/.test(id)));
    // By its id one is found or begun, whatever the code.
    const code = { version: "2", hash: "d" };
    deepEqual(
      [(await choose({ choice: { id: first }, code })).isNew, (await choose({ choice: { id: "mine" } })).isNew],
      [
        false,
        true,
      ],
    );
    equal((await choose({ choice: { id: "mine" } })).execution.id, "mine");
  }));

Deno.test("a schedule begins an execution each time, unless one is unfinished, and finds its own again", () =>
  withSuite(async ({ choose, execute }) => {
    const next = (id: string) => ({ choice: { next: id } });
    equal(await execute(["done", "interrupted"], next("monday")), "monday");
    // What a budget or a kill left over is gone on with, by its own start and by the next one.
    for (const id of ["monday", "tuesday"]) equal((await choose(next(id))).execution.id, "monday");
    equal(await execute(["done", "failed"], next("tuesday")), "monday");
    equal(await execute(["done", "done"], next("wednesday")), "wednesday");
    // One that is over is found by its id, whatever the code has become, and no other is begun for it.
    const code = { version: "2", hash: "z" };
    deepEqual([(await choose(next("wednesday"))).isNew, (await choose({ ...next("wednesday"), code })).isNew], [
      false,
      false,
    ]);
    const thursday = await choose(next("thursday"));
    deepEqual([thursday.isNew, thursday.execution.id], [true, "thursday"]);
  }));

Deno.test("other settings are refused for the same code, and said where the code is another", () =>
  withSuite(async ({ choose, execute }) => {
    await execute(["done", "done"]);
    const edited = await planned({ training: { batchSize: 16 } });
    const refusal =
      /^RangeError: Cannot add to suite s: .* another training\.batchSize, expected 256 as there .*, got 16$/;
    await rejects(choose({}, edited), refusal);
    await rejects(choose({ choice: "new" }, edited), refusal);
    const chosen = await choose({ code: { version: "1.0.0+bbb", hash: "b" } }, edited);
    deepEqual(chosen.changes, ["code 1.0.0+bbb after 1.0.0+aaa", "training.batchSize 16 after 256"]);
  }));

Deno.test("isSameCode goes by content, else by version unless files differed from the commit", () => {
  const code = (version: string, hash: string | null = null) => ({ version, hash });
  equal(isSameCode(code("1+a", "x"), code("1+b", "x")), true);
  equal(isSameCode(code("1+a", "x"), code("1+a", "y")), false);
  equal(isSameCode(code("1+a"), code("1+a", "y")), true);
  equal(isSameCode(code("1+a.dirty"), code("1+a.dirty", "y")), false);
  equal(isSameCode(code("1+a"), code("1+b", "y")), false);
});

Deno.test("codeHash changes with the library and its lock, and with nothing else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/lib/core`, { recursive: true });
    const write = (path: string, text: string) => Deno.writeTextFile(`${folder}/${path}`, text);
    await write("lib/core/a.ts", "a");
    equal(codeHash(folder), null);
    await write("deno.lock", "{}");
    const hashes = [codeHash(folder)];
    for (const [path, text] of [["lib/core/a.ts", "b"], ["lib/b.ts", ""], ["deno.lock", "{ }"]] as const) {
      await write(path, text);
      hashes.push(codeHash(folder));
    }
    equal(new Set(hashes).size, 4);
    ok(hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash!)));
    await write("README.md", "text");
    equal(codeHash(folder), hashes.at(-1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("settingsHash is of settings, not of seeds; ids differ at the same moment", async () => {
  const hash = settingsHash(await planned());
  equal(settingsHash(await planned({ seeds: [7] })), hash);
  notEqual(settingsHash(await planned({ training: { batchSize: 16 } })), hash);
  notEqual(settingsHash(await planned({ methods: [{ id: "mlp", hidden: [9] }] })), hash);
  notEqual(newExecutionId(0), newExecutionId(0));
});
