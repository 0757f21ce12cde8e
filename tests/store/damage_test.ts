import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bytesChecksum, metricChecksum } from "../../lib/store/checksums.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import { type Damage, DamageError, type MetricRow, type Store } from "../../lib/store/store.ts";
import { lease, metric, newRun } from "../contracts/store_data.ts";

async function inFolder(body: (folder: string, path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-damage-"));
  try {
    await body(folder, join(folder, "store.sqlite"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What each run's artifact holds. */
const blobs = {
  a: new Uint8Array(60_000).map((_, i) => i * 7 % 251),
  b: new Uint8Array(60_000).map((_, i) => i * 11 % 251),
} as const;

/** The value of a run's i-th record. */
function valueOf(id: "a" | "b", i: number): number {
  return i / 7 + (id === "a" ? 1000 : 3000);
}

/** Two runs with 300 records of two metrics each, and an artifact; closed cleanly. */
async function makeStore(path: string): Promise<void> {
  const store = await openSqliteStore(path);
  await store.addRuns([newRun("a"), newRun("b")]);
  for (const id of ["a", "b"] as const) {
    await store.claim(id, lease("w", 0));
    for (const name of ["return", "accuracy"]) {
      const records = Array.from(
        { length: 300 },
        (_, i) => metric({ name, updates: i, value: valueOf(id, i) }),
      );
      await store.recordMetrics(id, records, { worker: "w" });
    }
    await store.putArtifact(id, { name: "codebook", contentType: "x/y", bytes: blobs[id], worker: "w", nowMs: 1 });
  }
  await store.close();
}

async function withStore(path: string, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openSqliteStore(path);
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** Changes a bit of all the file's bytes that are `from`: some of them may be of pages no longer used. */
async function flip(
  path: string,
  { from, at, bit = 1 }: { from: Uint8Array; at: number; bit?: number },
): Promise<void> {
  const bytes = await readFile(path);
  let place = bytes.indexOf(from);
  assert.ok(place >= 0, "the bytes are in the file");
  for (; place >= 0; place = bytes.indexOf(from, place + 1)) bytes[place + at]! ^= bit;
  await writeFile(path, bytes);
}

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

Deno.test("a bit that flipped in a record is noticed, names its run and leaves the others readable", () =>
  inFolder(async (_, path) => {
    await makeStore(path);
    await flip(path, { from: float64(valueOf("a", 20)), at: 7 });
    await withStore(path, async (store) => {
      await assert.rejects(store.queryMetrics({}), (error: Error) => {
        assert.ok(error instanceof DamageError);
        assert.equal(
          error.message,
          "Cannot read metrics: records of run a are damaged, expected what was written, got other content in " +
            "accuracy of split train at update 20 and 1 more",
        );
        return true;
      });
      const found: Damage[] = [];
      const rows = await store.queryMetrics({ onDamage: (damage) => found.push(damage) });
      assert.equal(rows.length, 4 * 300 - 2);
      assert.deepEqual(found.map(({ runId }) => runId), ["a"]);
      const streamed: MetricRow[] = [];
      for await (const row of store.streamMetrics({ onDamage: () => {} })) streamed.push(row);
      assert.deepEqual(streamed, rows);
      assert.equal((await store.queryMetrics({ runIds: ["b"] })).length, 600);
    });
  }));

Deno.test("a flipped bit in any field of a record or of a final one is noticed", () =>
  inFolder(async (folder, path) => {
    await makeStore(path);
    const changes = [
      "split = 'trbin'",
      "name = 'retvrn'",
      "qualifier = 'x'",
      "updates = updates + 1048576",
      "env_steps = 9223372036854775807",
      "value = -value",
      "value = NULL",
      "elapsed_ms = elapsed_ms + 1e-9",
    ];
    for (const table of ["metrics", "finals"]) {
      for (const change of changes) {
        const copy = join(folder, "copy.sqlite");
        await copyFile(path, copy);
        const database = new DatabaseSync(copy);
        // As a disk would change it: no trigger notices.
        for (const name of ["metrics_added", "metrics_replaced", "metrics_removed"]) {
          database.exec(`DROP TRIGGER ${name}`);
        }
        database.exec(`UPDATE ${table} SET ${change} WHERE (run, name, updates) = (1, 'return', 299)`);
        database.close();
        await withStore(copy, async (store) => {
          const reading = store.queryMetrics({ last: table === "finals" });
          await assert.rejects(reading, /records of run a are damaged/, `${table}: ${change}`);
        });
      }
    }
  }));

Deno.test("metricChecksum changes with every bit of every number", () => {
  const base = metric({ value: 1 / 3, updates: 12, envSteps: 1200, elapsedMs: 5.25 });
  const sum = metricChecksum(3, base);
  assert.equal(metricChecksum(3, { ...base }), sum);
  const view = new DataView(new ArrayBuffer(8));
  for (let bit = 0; bit < 64; bit++) {
    view.setFloat64(0, 1 / 3);
    view.setUint8(bit >> 3, view.getUint8(bit >> 3) ^ (1 << (bit & 7)));
    assert.notEqual(metricChecksum(3, { ...base, value: view.getFloat64(0) }), sum);
  }
  for (let bit = 0; bit < 31; bit++) assert.notEqual(metricChecksum(3 ^ (1 << bit), base), sum);
  assert.equal(metricChecksum(3, { ...base, value: -0 }), metricChecksum(3, { ...base, value: 0 }));
  assert.notEqual(metricChecksum(3, { ...base, value: null }), metricChecksum(3, { ...base, value: 0 }));
  assert.notEqual(
    metricChecksum(3, { ...base, split: "a", name: "b" }),
    metricChecksum(3, { ...base, split: "b", name: "a" }),
  );
  assert.notEqual(
    metricChecksum(3, { ...base, name: "a", qualifier: "b" }),
    metricChecksum(3, { ...base, name: "b", qualifier: "a" }),
  );
  assert.equal(bytesChecksum(new TextEncoder().encode("123456789")), 0xcbf43926); // CRC-32's own check value.
});

Deno.test("a bit that flipped in an artifact is noticed when it is read", () =>
  inFolder(async (_, path) => {
    await makeStore(path);
    // Overflow pages of 4096 bytes each hold a part: these lie within one.
    await flip(path, { from: blobs.a.subarray(30_000, 30_300), at: 25, bit: 64 });
    await withStore(path, async (store) => {
      await assert.rejects(store.getArtifact("a", "codebook"), (error: Error) => {
        assert.ok(error instanceof DamageError);
        assert.match(error.message, /^Cannot read codebook of run a: its 60000 bytes are damaged, expected those /);
        return true;
      });
      assert.deepEqual((await store.getArtifact("b", "codebook"))!.bytes, blobs.b);
      assert.equal((await store.listArtifacts("a")).length, 1);
    });
  }));

Deno.test("a malformed run is named and does not hide the others; --fresh can begin it anew", () =>
  inFolder(async (_, path) => {
    const changes = [
      ["spec = '{'", /its spec cannot be read/],
      ["spec = '{}'", /its identity or spec is another/],
      ["method = 'n'", /its identity or spec is another/],
      ["seed = 9223372036854775807", /its identity or spec is another/],
      ["progress = 'x'", /its progress cannot be read/],
      ["origins = '[1'", /its origins cannot be read/],
      ["status = 'dole'", /it has a status that there is not, dole/],
    ] as const;
    for (const [change, expected] of changes) {
      await makeStore(path);
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA ignore_check_constraints = ON; UPDATE runs SET ${change} WHERE id = 'a'`);
      database.close();
      await withStore(path, async (store) => {
        const [a, b] = await store.listRuns();
        assert.match(a!.damage!, expected, change);
        assert.match(a!.damage!, /^Cannot read run a: its record is damaged, expected what was written, got another: /);
        assert.deepEqual([a!.status, a!.error, a!.spec], ["failed", a!.damage, null]);
        assert.deepEqual([b!.id, b!.damage, b!.status], ["b", undefined, "running"]);
        assert.equal((await store.getRun("a"))!.damage, a!.damage);
        assert.deepEqual(await store.resetRuns(["a"], { nowMs: 1e12 }), []);
        assert.equal(await store.getRun("a"), null);
        assert.deepEqual(await store.addRuns([newRun("a")]), ["a"]);
        assert.equal((await store.getRun("a"))!.damage, undefined);
      });
      await rm(path);
    }
  }));

Deno.test("a store that lost its end is refused, for writing and for reading, and stays as it is", () =>
  inFolder(async (_, path) => {
    await makeStore(path);
    const whole = await readFile(path);
    for (const cut of [100, 4096, 20_000, whole.length]) {
      await writeFile(path, whole);
      await truncate(path, whole.length - cut);
      const expected = cut === whole.length
        ? /the file is empty, expected a store/
        : new RegExp(`the file is cut short, expected a store of ${whole.length} bytes, got ${whole.length - cut}$`);
      for (const readOnly of [false, true]) await assert.rejects(openSqliteStore(path, { readOnly }), expected);
      assert.equal((await readFile(path)).length, whole.length - cut);
    }
    await writeFile(path, whole);
    await withStore(path, async (store) => assert.equal((await store.queryMetrics({})).length, 1200));
  }));

Deno.test("after an unclean end the whole file is looked through, and nothing is written into a damaged one", () =>
  inFolder(async (folder, path) => {
    await makeStore(path);
    const store = await openSqliteStore(path);
    await store.claim("a", lease("w", 1e6));
    // As a power cut leaves it: the journal is there.
    const torn = join(folder, "torn.sqlite");
    await copyFile(path, torn);
    await copyFile(`${path}-wal`, `${torn}-wal`);
    await store.close();
    await withStore(torn, async (whole) => assert.equal((await whole.queryMetrics({})).length, 1200));
    await copyFile(path, torn);
    // The first page of a table's tree: its header.
    const database = new DatabaseSync(torn);
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'metrics'").get()!;
    database.close();
    const bytes = await readFile(torn);
    bytes[(Number(rootpage) - 1) * 4096 + 6]! ^= 0x40;
    await writeFile(torn, bytes);
    const other = await openSqliteStore(path);
    await other.claim("b", lease("w", 2e6));
    await copyFile(`${path}-wal`, `${torn}-wal`);
    await other.close();
    for (const readOnly of [false, true]) {
      await assert.rejects(
        openSqliteStore(torn, { readOnly }),
        /the database file is damaged, expected a sound SQLite database, got /,
      );
      assert.deepEqual(await readFile(torn), bytes);
    }
  }));

Deno.test("a damaged file is noticed after a clean end, too, where the whole is asked for", () =>
  inFolder(async (_, path) => {
    await makeStore(path);
    const database = new DatabaseSync(path);
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'metrics'").get()!;
    database.close();
    const bytes = await readFile(path);
    bytes[(Number(rootpage) - 1) * 4096 + 6]! ^= 0x40;
    await writeFile(path, bytes);
    await assert.rejects(openSqliteStore(path, { check: "always" }), /the database file is damaged/);
    assert.deepEqual(await readFile(path), bytes);
  }));

Deno.test("a new store is made whole or not at all, by one of those who make it at once", () =>
  inFolder(async (folder, path) => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => openSqliteStore(path)));
    for (const [i, store] of stores.entries()) await store.addRuns([newRun(`run-${i}`)]);
    assert.equal((await stores[0]!.listRuns()).length, 4);
    for (const store of stores) await store.close();
    assert.deepEqual(await readdir(folder), ["store.sqlite"]);
  }));

Deno.test("a store whose file is gone and whose journal is not is never mixed with a new one", () =>
  inFolder(async (_, path) => {
    await writeFile(`${path}-wal`, "journal");
    await assert.rejects(
      openSqliteStore(path),
      /the database file is gone but its journal .*-wal is not, expected both/,
    );
    assert.ok(!existsSync(path));
  }));

Deno.test({
  name: "a store behind a symbolic link is the file it leads to; a link to nothing is refused",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder, path) => {
      await makeStore(path);
      await symlink("store.sqlite", join(folder, "link.sqlite"));
      await withStore(join(folder, "link.sqlite"), async (store) => assert.equal((await store.listRuns()).length, 2));
      await symlink("nothing.sqlite", join(folder, "dangling.sqlite"));
      await assert.rejects(
        openSqliteStore(join(folder, "dangling.sqlite")),
        /it is a symbolic link to what is not there, expected a file, got none$/,
      );
      await symlink("loop.sqlite", join(folder, "loop.sqlite"));
      await assert.rejects(openSqliteStore(join(folder, "loop.sqlite")), /symbolic link/);
      await symlink("nowhere", join(folder, "gone"));
      await assert.rejects(
        openSqliteStore(join(folder, "gone", "store.sqlite")),
        /its folder cannot be made, expected .*gone to be a folder that can be written, got a file, or a symbolic link/,
      );
    }),
});
