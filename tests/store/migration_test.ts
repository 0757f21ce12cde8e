import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { applicationId, migrations } from "../../lib/store/sqlite_schema.ts";
import { metricText } from "../../lib/records/metric_id.ts";
import { offerFunctions } from "../../lib/store/sqlite_migrate.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import { byKey, lastOf, lease, metric, newRun, provenance } from "../contracts/store_data.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-migration-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a store of the first schema holds, for each of its two runs. */
const records = [
  // A later step count with fewer updates, and two records of one update: the last goes by updates, then by steps.
  metric({ updates: 5, envSteps: 900, value: 1 }),
  metric({ updates: 7, envSteps: 20, value: 2 }),
  metric({ updates: 7, envSteps: 30, value: 3.5, elapsedMs: 11 }),
  metric({ split: "n2", updates: 1, value: 0.25 }),
  metric({ split: "n2", updates: 2, value: null }),
  // Before qualifiers had a column of their own, these were accuracy/x_t3, accuracy_t3 and edge_f1/a/b.
  metric({ name: "accuracy", qualifier: "x_t3", value: 0.5 }),
  metric({ name: "accuracy_t", qualifier: "3", value: 0.25 }),
  metric({ name: "edge_f1", qualifier: "a/b", value: 0.75 }),
  metric({ name: "success", updates: 0, envSteps: 0, value: 0 }),
];

/** Makes a file as the first version of the schema did, with two runs of {@link records}. */
function makeFirstVersion(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(migrations[0]!);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
  const addRun = database.prepare(
    `INSERT INTO runs (id, suite, environment, method, seed, spec, created_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, 1000, 2000)`,
  );
  const addMetric = database.prepare("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const [index, id] of ["a", "b"].entries()) {
    const run = newRun(id);
    addRun.run(id, run.suite, run.environment, run.method, run.seed, JSON.stringify(run.spec));
    for (const { split, updates, envSteps, value, elapsedMs, ...of } of records) {
      addMetric.run(index + 1, split, metricText(of), updates, envSteps, value, elapsedMs);
    }
  }
  database.prepare("INSERT INTO artifacts VALUES (1, 'codebook', 'application/json', 5, ?)").run(Uint8Array.of(7));
  database.close();
}

for (const readOnly of [false, true]) {
  Deno.test(`a store of the first schema opened ${readOnly ? "for reading" : "for writing"} keeps all it holds`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "store.sqlite");
      makeFirstVersion(path);
      const store = await openSqliteStore(path, { readOnly });
      try {
        const sorted = records.map((record) => ({ runId: "a", ...record })).sort(byKey);
        assert.deepEqual(await store.queryMetrics({ runIds: ["a"] }), sorted);
        assert.deepEqual(await store.queryMetrics({ runIds: ["a"], last: true }), lastOf(sorted));
        assert.equal((await store.queryMetrics({ last: true })).length, 12);
        assert.deepEqual((await store.getArtifact("a", "codebook"))!.bytes, Uint8Array.of(7));
        assert.deepEqual((await store.listRuns()).map(({ id, revision }) => ({ id, revision })), [
          // Checksums were added to both, and to the artifact of the first; then both were given to an execution.
          { id: "a", revision: 6 },
          { id: "b", revision: 7 },
        ]);
        assert.equal(await store.revision(), 7);
        if (readOnly) return;
        await store.claim("b", lease("w", 3000));
        await store.recordMetrics("b", [metric({ updates: 8, value: 9 })], { worker: "w" });
        assert.deepEqual((await store.listRuns({ changedAfter: 7 })).map((run) => run.id), ["b"]);
        assert.deepEqual(await store.resetRuns(["a"], { nowMs: 3000 }), []);
        assert.deepEqual(await store.queryMetrics({ runIds: ["a"], last: true }), []);
      } finally {
        await store.close();
      }
    }));
}

Deno.test("what a run of the first schema was made with becomes the origin of all its loops", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const database = new DatabaseSync(path);
    database.prepare("UPDATE runs SET provenance = ? WHERE id = 'a'").run(JSON.stringify(provenance));
    database.close();
    const store = await openSqliteStore(path);
    try {
      const [a, b] = await store.listRuns();
      assert.deepEqual(a!.origins, [{ fromLoop: 0, provenance }]);
      assert.deepEqual(a!.provenance, provenance);
      assert.deepEqual([b!.origins, b!.provenance], [[], null]);
    } finally {
      await store.close();
    }
  }));

Deno.test("a record that was damaged before its store was brought up to date stays so, and no other becomes it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const old = new DatabaseSync(path);
    offerFunctions(old);
    for (const step of migrations.slice(1, 4)) old.exec(step);
    old.exec("PRAGMA user_version = 4");
    old.exec("UPDATE metrics SET checksum = checksum + 1 WHERE run = 2 AND metric = 'accuracy/x_t3'");
    old.close();
    const store = await openSqliteStore(path);
    try {
      assert.equal((await store.queryMetrics({ runIds: ["a"] })).length, records.length);
      await assert.rejects(store.queryMetrics({ runIds: ["b"] }), /got other content in accuracy\/x_t3 of split train/);
    } finally {
      await store.close();
    }
  }));

Deno.test("runs of before there were executions become one a suite, the same in every copy of their store", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const old = new DatabaseSync(path);
    const newer = { ...provenance, codeVersion: "0.1.0+def", versions: { ...provenance.versions, tfjs: "4.22.0" } };
    old.prepare("UPDATE runs SET provenance = ?, status = 'done' WHERE id = 'a'").run(JSON.stringify(provenance));
    old.prepare("UPDATE runs SET provenance = ?, updated_at_ms = 9000, status = 'done' WHERE id = 'b'")
      .run(JSON.stringify(newer));
    old.exec(`INSERT INTO runs (id, suite, environment, method, seed, spec, provenance, created_at_ms, updated_at_ms)
      VALUES ('c', 'other', 'e', 'm', 1, '{}', '{', 5000, 5000)`);
    old.close();
    const copy = join(folder, "copy.sqlite");
    await copyFile(path, copy);
    const store = await openSqliteStore(path);
    try {
      const executions = await store.listExecutions();
      const [suite, other] = executions;
      assert.match(suite!.id, /^e19700101-000001-[0-9a-f]{6}$/);
      assert.deepEqual([suite!.suite, suite!.state, suite!.runs, suite!.startedAtMs, suite!.endedAtMs], [
        "suite",
        ...["complete", 2, 1000, 9000],
      ]);
      assert.deepEqual([suite!.code, suite!.engine, suite!.machine, suite!.settings, suite!.trigger], [
        { version: "0.1.0+def", hash: null },
        { backend: "wasm", library: { tfjs: "4.22.0" } },
        provenance.machine,
        null,
        "command line",
      ]);
      // A malformed line says nothing, and keeps nothing from being brought up to date.
      assert.deepEqual([other!.suite, other!.state, other!.code.version], ["other", "unfinished", "unknown"]);
      const runs = await store.listRuns();
      assert.deepEqual(runs.map(({ id, execution, damage }) => [id, execution, damage]), [
        ["a", suite!.id, undefined],
        ["b", suite!.id, undefined],
        ["c", other!.id, undefined],
      ]);
      const copied = await openSqliteStore(copy);
      assert.deepEqual((await copied.listExecutions()).map(({ id }) => id), executions.map(({ id }) => id));
      await copied.close();
    } finally {
      await store.close();
    }
  }));

Deno.test("ids of an older version get their letter, and keep what belongs to them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const old = new DatabaseSync(path);
    old.exec("UPDATE runs SET id = '04e1990152113312' WHERE id = 'a'");
    old.close();
    const store = await openSqliteStore(path);
    try {
      assert.deepEqual((await store.listRuns()).map(({ id, damage }) => [id, damage]), [
        ["r04e1990152113312", undefined],
        ["b", undefined],
      ]);
      assert.equal((await store.queryMetrics({ runIds: ["r04e1990152113312"] })).length, records.length);
      assert.deepEqual((await store.getArtifact("r04e1990152113312", "codebook"))!.bytes, Uint8Array.of(7));
    } finally {
      await store.close();
    }
  }));

Deno.test("a store that an older version trains into is left alone until it rests", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const lease = (untilMs: number) => {
      const old = new DatabaseSync(path);
      old.prepare("UPDATE runs SET status = 'running', lease_until_ms = ? WHERE id = 'a'").run(untilMs);
      old.close();
    };
    lease(Date.now() + 15_000);
    for (const readOnly of [false, true]) {
      await assert.rejects(openSqliteStore(path, { readOnly }), /an older version of this program trains into it/);
    }
    lease(Date.now() + 86_400_000); // By a clock that was a day ahead.
    await (await openSqliteStore(path)).close();
  }));

Deno.test("a malformed line of an older version does not keep the others from being read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    makeFirstVersion(path);
    const old = new DatabaseSync(path);
    old.exec("UPDATE runs SET provenance = '{', spec = '{' WHERE id = 'a'");
    old.close();
    const store = await openSqliteStore(path);
    try {
      const [a, b] = await store.listRuns();
      assert.match(a!.damage!, /^Cannot read run a: its record is damaged, .* its spec cannot be read/);
      assert.deepEqual([b!.id, b!.damage], ["b", undefined]);
    } finally {
      await store.close();
    }
  }));

Deno.test("finals stay the last records whatever happens to metrics", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await (await openSqliteStore(path)).close();
    const database = new DatabaseSync(path);
    database.exec(`INSERT INTO runs (id, suite, environment, method, seed, spec, created_at_ms, updated_at_ms)
      VALUES ('a', 's', 'e', 'm', 1, '{}', 0, 0)`);
    const put = (updates: number, steps: number, value: number | null) =>
      database.prepare(
        `INSERT INTO metrics (run, split, name, qualifier, updates, env_steps, value, elapsed_ms)
         VALUES (1, 'train', 'return', '', ?, ?, ?, 0)
         ON CONFLICT DO UPDATE SET value = excluded.value, elapsed_ms = excluded.elapsed_ms`,
      ).run(updates, steps, value);
    const final = () =>
      database.prepare("SELECT updates, env_steps AS steps, value FROM finals").all().map((row) => ({ ...row }));
    put(5, 50, 1);
    put(3, 90, 2); // Older, recorded late.
    assert.deepEqual(final(), [{ updates: 5, steps: 50, value: 1 }]);
    put(5, 60, null);
    assert.deepEqual(final(), [{ updates: 5, steps: 60, value: null }]);
    put(5, 60, 4); // The same record again.
    put(5, 50, 7);
    assert.deepEqual(final(), [{ updates: 5, steps: 60, value: 4 }]);
    database.exec("DELETE FROM metrics WHERE env_steps = 60");
    assert.deepEqual(final(), [{ updates: 5, steps: 50, value: 7 }]);
    database.exec("DELETE FROM metrics");
    assert.deepEqual(final(), []);
    database.close();
  }));

Deno.test("reading lists of runs and final results needs no scan and no sorting", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await (await openSqliteStore(path)).close();
    const database = new DatabaseSync(path);
    const plan = (sql: string) =>
      database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row.detail)).join("; ");
    const finals = plan("SELECT * FROM finals WHERE run = 1 ORDER BY split, name, qualifier, updates, env_steps");
    assert.equal(finals, "SEARCH finals USING PRIMARY KEY (run=?)");
    assert.match(
      plan("SELECT * FROM runs WHERE suite = 's' ORDER BY +sequence"),
      /^SEARCH runs USING INDEX \w+ \(suite=/,
    );
    assert.match(
      plan("SELECT * FROM runs WHERE revision > 1 ORDER BY +sequence"),
      /^SEARCH runs USING INDEX \w+ \(rev/,
    );
    assert.match(
      plan("SELECT * FROM runs WHERE status IN ('running') ORDER BY +sequence"),
      /^SEARCH runs USING INDEX \w+ \(status=/,
    );
    const changed = plan("SELECT * FROM runs WHERE suite = 's' AND revision > 1 ORDER BY +sequence");
    assert.match(changed, /^SEARCH runs USING INDEX \w+ \(/);
    assert.match(plan("SELECT max(revision) FROM runs"), /^SEARCH runs USING COVERING INDEX/);
    const suites = plan("SELECT suite, count(*), max(updated_at_ms), max(revision) FROM runs GROUP BY suite");
    assert.equal(suites, "SCAN runs USING COVERING INDEX runs_overview");
    database.close();
  }));
