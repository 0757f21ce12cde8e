import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStore, storePath } from "../../lib/store/open_store.ts";
import { migrations } from "../../lib/store/sqlite_schema.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import { testStoreContract } from "../contracts/store_contract.ts";

testStoreContract("sqlite", {
  async create() {
    const folder = await mkdtemp(join(tmpdir(), "fcdl-store-"));
    return { location: join(folder, "store.sqlite"), remove: () => rm(folder, { recursive: true }) };
  },
});

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-store-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Asserts that opening is refused with one sentence and leaves the file as it was. */
async function assertRefused(path: string, { expected }: { readonly expected: RegExp }): Promise<void> {
  const before = await readFile(path).catch(() => null);
  await assert.rejects(openSqliteStore(path, { busyTimeoutMs: 50 }), (error: Error) => {
    assert.match(error.message, expected);
    assert.ok(error.message.startsWith(`Cannot open the store ${path}: `), error.message);
    assert.doesNotMatch(error.message, /\n/);
    assert.match(error.message, /expected .*, got /);
    return true;
  });
  assert.deepEqual(await readFile(path).catch(() => null), before);
}

const run = { id: "a", suite: "s", environment: "e", method: "m", seed: 1, spec: {} };

Deno.test("openSqliteStore refuses a file that is not a database", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await writeFile(path, "suite,env,method\n".repeat(100));
    await assertRefused(path, { expected: /expected an SQLite database, got a file that is not a database/ });
  }));

Deno.test("openSqliteStore refuses a damaged database", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    const store = await openSqliteStore(path);
    await store.addRuns(Array.from({ length: 500 }, (_, i) => ({ ...run, id: `run-${i}` })));
    await store.close();
    const bytes = await readFile(path);
    await writeFile(path, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0xee)]));
    await assertRefused(path, { expected: /the database file is damaged/ });
  }));

Deno.test("openSqliteStore refuses another program's database", () =>
  inFolder(async (folder) => {
    const path = join(folder, "other.sqlite");
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE notes (line TEXT)");
    other.close();
    await assertRefused(path, { expected: /got another program's SQLite database/ });
  }));

Deno.test("openSqliteStore refuses a database of a newer schema, for writing and for reading", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await (await openSqliteStore(path)).close();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    database.close();
    const expected = new RegExp(
      `expected schema version ${migrations.length} or older, got ${migrations.length + 1}$`,
    );
    await assertRefused(path, { expected });
    await assert.rejects(openSqliteStore(path, { readOnly: true }), expected);
  }));

Deno.test("openSqliteStore refuses an empty file: it is a store that lost all, and no new one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await writeFile(path, "");
    await assertRefused(path, { expected: /the file is empty, expected a store \(restore it .*\), got 0 bytes$/ });
    await assert.rejects(openSqliteStore(path, { readOnly: true }), /the file is empty/);
  }));

Deno.test("openSqliteStore says that another process keeps the database locked", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    await (await openSqliteStore(path)).close();
    const holder = new DatabaseSync(path);
    holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    try {
      await assertRefused(path, { expected: /another process keeps the database locked/ });
    } finally {
      holder.close();
    }
  }));

Deno.test("a write that cannot get the lock in time rejects with a sentence, and later ones go on", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.sqlite");
    const store = await openSqliteStore(path, { busyTimeoutMs: 50 });
    const holder = new DatabaseSync(path);
    holder.exec("BEGIN IMMEDIATE");
    await assert.rejects(store.addRuns([run]), /^Error: Cannot add runs: another process keeps the database locked/);
    assert.deepEqual(await store.listRuns(), []); // Readers do not wait for a writer.
    holder.exec("ROLLBACK");
    holder.close();
    assert.deepEqual(await store.addRuns([run]), ["a"]);
    await store.close();
  }));

Deno.test("openSqliteStore refuses a folder, a folder under a file and a missing file to read", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "results"));
    await assertRefused(join(folder, "results"), { expected: /expected a file, got a folder/ });
    await writeFile(join(folder, "file"), "");
    await assertRefused(join(folder, "file", "store.sqlite"), {
      expected: /its folder cannot be made, expected .* that can be written/,
    });
    await assert.rejects(
      openSqliteStore(join(folder, "none.sqlite"), { readOnly: true }),
      /: there is no such file, expected an existing store, got none$/,
    );
  }));

Deno.test({
  name: "openSqliteStore refuses a folder that cannot be written",
  ignore: Deno.build.os !== "linux",
  // The system's own read-only folder: a container's user may write anywhere else.
  fn: async () => {
    await assertRefused("/proc/fcdl/store.sqlite", { expected: /its folder cannot be made/ });
    await assertRefused("/proc/store.sqlite", {
      expected: /expected a file and folder that can be opened and written/,
    });
  },
});

Deno.test("openStore picks a driver by scheme and names the choices", () =>
  inFolder(async (folder) => {
    // A colon makes no address.
    const named = ["a.sqlite", "runs-2026-11-25T10:00.sqlite", "sqlite:x", "C:y", "50 %, [é]?#.sqlite"];
    for (const location of [...named.map((name) => join(folder, name)), `sqlite:${join(folder, "b.sqlite")}`]) {
      const store = await openStore(location);
      assert.deepEqual(await store.listRuns(), []);
      await store.close();
    }
    assert.deepEqual((await readdir(folder)).sort(), [...named, "b.sqlite"].sort());
    assert.equal(storePath("runs-2026-11-25T10:00/store.sqlite"), "runs-2026-11-25T10:00/store.sqlite");
    assert.equal(storePath("postgres://me:secret@host/db"), null);
    await assert.rejects(openStore("postgres://me:secret@host/db"), (error: Error) => {
      assert.match(error.message, /no PostgreSQL driver yet, expected a path to an SQLite file, got postgres:/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await assert.rejects(openStore("mysql://host/db"), {
      message: 'Cannot find store driver "mysql": unknown name, expected one of sqlite, postgres, postgresql, ' +
        'got "mysql"',
    });
  }));
