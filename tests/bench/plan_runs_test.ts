import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expandSuite, type PlannedRun } from "../../lib/experiment/expand_suite.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { addPlanned, forgetRuns, planRuns, refuseDamaged } from "../../lib/bench/plan_runs.ts";
import { requestOf } from "./execution_request.ts";
import { readSuite } from "../../lib/bench/read_suite.ts";

const cases = fileURLToPath(new URL("../cases/", import.meta.url));

async function runsOf(path: string): Promise<readonly PlannedRun[]> {
  const { suite, source } = await readSuite(path, { resolve: (name) => join(cases, name) });
  return await expandSuite(suite, { source });
}

async function withStore(use: (store: Store, path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.sqlite");
  const store = await openStore(path);
  try {
    await use(store, path);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const refusal = "Cannot add to suite edited: the results folder has runs of old on chemical-fork-4x3 with another " +
  "planner.candidates, expected 16 as there (or another suite name or --out), got 64";

Deno.test("another suite of the same name is refused in one results folder, whatever its methods are called", () =>
  withStore(async (store) => {
    const [first, second] = [await runsOf("edited1.json"), await runsOf("edited2.json")];
    await addPlanned(first, { store, request: requestOf() });
    await rejects(planRuns(second, { store, request: requestOf() }), { name: "RangeError", message: refusal });
    // Also where both were looked up before either was added.
    await rejects(addPlanned(second, { store, request: requestOf() }), { name: "RangeError", message: refusal });
    deepEqual(
      (await store.listRuns()).map(({ seed, method }) => [seed, method]),
      first.map((run) => [run.seed, run.method]),
    );
    // More seeds and more methods of the same experiment are welcome.
    const more = first.map((run) => ({
      ...run,
      id: `r${run.seed}`,
      method: "new",
      spec: { ...run.spec, method: { ...run.spec.method, label: "new" } },
    }));
    await addPlanned(more, { store, request: requestOf() });
    const { status } = await planRuns(more, { store, request: requestOf() });
    deepEqual([...status.values()], more.map(() => "pending"));
  }));

Deno.test("an environment or a method with other options is refused, too", () =>
  withStore(async (store) => {
    const runs = await runsOf("edited1.json");
    await addPlanned(runs, { store, request: requestOf() });
    const change = (fields: (spec: PlannedRun["spec"]) => object, names: object = {}) =>
      runs.map((run) => ({ ...run, ...names, id: "rx", spec: { ...run.spec, ...fields(run.spec) } }));
    const width = change(({ method }) => ({ method: { ...method, hidden: [64] } }), { environment: "other" });
    await rejects(
      addPlanned(width, { store, request: requestOf() }),
      /another method\.hidden, expected \[32\] as there .*, got \[64\]$/,
    );
    const shift = change(({ environment }) => ({ environment: { ...environment, shiftScale: 3 } }), {
      method: "other",
    });
    await rejects(
      addPlanned(shift, { store, request: requestOf() }),
      /another environment\.shiftScale, expected 100 as there .*, got 3$/,
    );
    const hidden = change(() => ({ observation: { hiddenShare: 0.5 } }), { method: "other" });
    await rejects(
      addPlanned(hidden, { store, request: requestOf() }),
      /another observation, expected nothing as there/,
    );
  }));

Deno.test("a damaged run is refused by its name, hides no other, and --fresh trains it anew", () =>
  withStore(async (store, path) => {
    const runs = await runsOf("edited1.json");
    const opened = await addPlanned(runs, { store, request: requestOf() });
    const database = new DatabaseSync(path);
    database.prepare("UPDATE runs SET spec = '{' WHERE id = ?").run(opened.runs[1]!.id);
    database.close();
    const plan = await planRuns(runs, { store, request: requestOf() });
    equal(plan.damage.length, 1);
    let sentence = "";
    try {
      refuseDamaged(plan);
    } catch (error) {
      sentence = (error as Error).message;
    }
    match(
      sentence,
      new RegExp(`^Cannot read run ${opened.runs[1]!.id}: its record is damaged, .*; --fresh forgets it and`),
    );
    refuseDamaged(await planRuns([runs[0]!, runs[2]!], { store, request: requestOf() }));
    await forgetRuns(plan, store);
    await addPlanned(runs, { store, request: requestOf() });
    deepEqual((await planRuns(runs, { store, request: requestOf() })).damage, []);
    equal((await store.listRuns()).length, 3);
  }));
