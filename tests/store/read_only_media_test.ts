import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { applicationId, migrations } from "../../lib/store/sqlite_schema.ts";
import { openSqliteStore } from "../../lib/store/sqlite_store.ts";
import { addHeld, holder, metric, newRun } from "../contracts/store_data.ts";

/** Makes a folder read-only, and gives what undoes that; null where this system cannot. */
function makeReadOnly(folder: string): (() => void) | null {
  if (Deno.build.os === "windows") return null;
  if (Deno.uid() !== 0) {
    chmodSync(folder, 0o555);
    return () => chmodSync(folder, 0o755);
  }
  // A superuser may write anywhere but on a read-only file system.
  try {
    execFileSync("mount", ["--bind", folder, folder], { stdio: "ignore" });
    execFileSync("mount", ["-o", "remount,bind,ro", folder], { stdio: "ignore" });
    return () => execFileSync("umount", [folder]);
  } catch {
    return null;
  }
}

const probe = mkdtempSync(join(tmpdir(), "fcdl-media-"));
const undoProbe = makeReadOnly(probe);
undoProbe?.();
rmSync(probe, { recursive: true });

function test(name: string, fill: (path: string) => Promise<void>, read: (path: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: undoProbe === null,
    fn: async () => {
      const folder = await mkdtemp(join(tmpdir(), "fcdl-media-"));
      try {
        const path = join(folder, "store.sqlite");
        await fill(path);
        const undo = makeReadOnly(folder)!;
        const before = readdirSync(folder);
        try {
          await read(path);
          assert.deepEqual(readdirSync(folder), before);
        } finally {
          undo();
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  });
}

async function fill(path: string): Promise<void> {
  const store = await openSqliteStore(path);
  await addHeld(store, [newRun("a")]);
  await store.recordMetrics("a", [metric({ value: 4 })], holder);
  await store.close();
}

test("a cleanly closed store on read-only media is read as it lies there", fill, async (path) => {
  const store = await openSqliteStore(path, { readOnly: true });
  assert.deepEqual((await store.queryMetrics({})).map(({ value }) => value), [4]);
  assert.equal((await store.listRuns()).length, 1);
  await store.close();
  await assert.rejects(openSqliteStore(path), /expected a file and folder that can be opened and written/);
});

test("a store that was not closed cleanly is read with its journal", async (path) => {
  await fill(path);
  const store = await openSqliteStore(path);
  await store.recordMetrics("a", [metric({ value: 5, updates: 9 })], holder);
  await copyFile(`${path}-wal`, `${path}-kept`);
  await store.close();
  await copyFile(`${path}-kept`, `${path}-wal`);
}, async (path) => {
  const store = await openSqliteStore(path, { readOnly: true });
  assert.deepEqual((await store.queryMetrics({})).map(({ value }) => value), [4, 5]);
  await store.close();
});

test("a store of an older schema on read-only media is read, too", (path) => {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(migrations[0]!);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1;
    INSERT INTO runs (id, suite, environment, method, seed, spec, created_at_ms, updated_at_ms)
    VALUES ('04e1990152113312', 's', 'e', 'm', 1, '{}', 1, 2)`);
  database.close();
  return Promise.resolve();
}, async (path) => {
  const store = await openSqliteStore(path, { readOnly: true });
  assert.deepEqual((await store.listRuns()).map(({ id }) => id), ["r04e1990152113312"]);
  await store.close();
});

Deno.test({
  name: "a store that is read as it lies there is opened again once somebody else writes it",
  // The one reads where it may not write, the other may: two users.
  ignore: undoProbe === null || Deno.uid() !== 0,
  fn: async () => {
    const folder = await mkdtemp(join(tmpdir(), "fcdl-media-"));
    const view = await mkdtemp(join(tmpdir(), "fcdl-media-"));
    try {
      const path = join(folder, "store.sqlite");
      await fill(path);
      execFileSync("mount", ["--bind", folder, view]);
      execFileSync("mount", ["-o", "remount,bind,ro", view]);
      const reader = await openSqliteStore(join(view, "store.sqlite"), { readOnly: true });
      const count = async () => (await reader.queryMetrics({})).length;
      assert.equal(await count(), 1);
      const writer = await openSqliteStore(path);
      for (let updates = 10; updates < 13; updates++) {
        await writer.recordMetrics("a", [metric({ updates })], holder);
        assert.equal(await count(), updates - 8);
      }
      await writer.close();
      assert.equal(await count(), 4);
      await reader.close();
    } finally {
      execFileSync("umount", [view]);
      await rm(folder, { recursive: true });
      await rm(view, { recursive: true });
    }
  },
});
