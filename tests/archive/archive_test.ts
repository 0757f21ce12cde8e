import { deepEqual, equal, match, notDeepEqual, ok, rejects } from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { checkArchive, mergeArchives, writeArchive } from "../../lib/archive/mod.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { blob, holder, metric, newRun, progress, provenance } from "../contracts/store_data.ts";

interface Place {
  readonly folder: string;
  /** A new, empty store. */
  open(name: string): Promise<Store>;
}

async function inFolder(body: (place: Place) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-archive-"));
  const stores: Store[] = [];
  try {
    await body({
      folder,
      async open(name) {
        const store = await openStore(join(folder, `${name}.sqlite`));
        stores.push(store);
        return store;
      },
    });
  } finally {
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true });
  }
}

/** Two executions with runs of every status, records of every kind, and artifacts of text and of bytes. */
async function fill(store: Store): Promise<void> {
  await store.addRuns(["a", "b", "c", "d"].map((id) => newRun(id)), { execution: newExecution("one") });
  await store.addRuns([newRun("e")], { execution: newExecution("two", { startedAtMs: 2000, trigger: "API" }) });
  await store.tagExecution("one", { add: ["v1", "paper"] });
  for (const id of ["a", "b", "c", "e"]) {
    await store.claim(id, { ...holder, leaseMs: 60_000, nowMs: 1000 });
    await store.recordOrigin(id, { ...holder, fromLoop: 0, provenance });
    const { loop, ...rest } = progress;
    await store.heartbeat(id, { ...holder, leaseMs: 60_000, nowMs: 1000, progress: { ...rest, loop }, elapsedMs: 5.5 });
    await store.recordMetrics(id, [
      metric({ updates: 2, envSteps: 10, value: 1 / 3, elapsedMs: 0.1 + 0.2 }),
      metric({ updates: 10, envSteps: 10, value: null }),
      metric({ updates: 10, envSteps: 5, value: -1e-300 }),
      metric({ name: "accuracy", qualifier: 'größe, "q"\n', value: id.charCodeAt(0) }),
      metric({ split: "n2", value: 9007199254740993 }),
    ], holder);
    await store.putArtifact(id, { ...blob("checkpoint", [1, 2, 3]), nowMs: 1000 });
    await store.putArtifact(id, { ...blob("bytes", [0, 255, 128, 10]), nowMs: 1001 });
    const text = new TextEncoder().encode('{"é": [1, null]}\n');
    await store.putArtifact(id, { ...holder, name: "graphs", contentType: "application/json", bytes: text, nowMs: 7 });
  }
  const end = { ...holder, elapsedMs: 12.25, nowMs: 3000 };
  for (const id of ["a", "e"]) await store.finish(id, { ...end, status: "done", discard: ["checkpoint"] });
  await store.finish("b", { ...end, status: "failed", error: "Cannot train: loss is NaN" });
  await store.finish("c", { ...end, status: "interrupted" });
}

/** All that an archive carries, as a store gives it. */
async function contentsOf(store: Store) {
  const runs = await store.listRuns();
  return {
    executions: (await store.listExecutions()).map(({ revision: _, ...execution }) => execution),
    runs: runs.map(({ revision: _, ...run }) => run),
    metrics: await store.queryMetrics({}),
    artifacts: (await Promise.all(
      runs.map(async ({ id }) =>
        await Promise.all((await store.listArtifacts(id)).map(({ name }) => store.getArtifact(id, name)))
      ),
    )).flat().filter((artifact) => artifact!.name !== "checkpoint"),
  };
}

const write = async (store: Store, path: string) =>
  await writeArchive(store, { executions: await store.listExecutions(), path });

const merge = (store: Store, ...paths: string[]) => mergeArchives(store, paths, { nowMs: 5000 });

Deno.test("an archive brings everything into an empty store, from which the same bytes are written again", () =>
  inFolder(async ({ folder, open }) => {
    const [first, second] = [await open("first"), await open("second")];
    await fill(first);
    const [one, two] = [join(folder, "one.gz"), join(folder, "two.gz")];
    await write(first, one);
    const outcome = await merge(second, one);
    deepEqual(outcome, { begun: ["one", "two"], added: 5, replaced: 0, unchanged: 0 });
    deepEqual(await contentsOf(second), await contentsOf(first));
    await write(second, two);
    deepEqual(await readFile(two), await readFile(one));
    // A run that was not done has no checkpoint there: it starts from its beginning.
    deepEqual((await second.listArtifacts("c")).map(({ name }) => name), ["bytes", "graphs"]);
    // Importing twice changes nothing, to the change counter.
    const revision = await second.revision();
    deepEqual(await merge(second, one), { begun: [], added: 0, replaced: 0, unchanged: 5 });
    deepEqual(await merge(first, two), { begun: [], added: 0, replaced: 0, unchanged: 5 });
    equal(await second.revision(), revision);
    // No file is replaced, and nothing is left beside it.
    await rejects(write(first, one), /^Error: Cannot write .*one\.gz: the file is there, expected a new one/);
    deepEqual((await readdir(folder)).filter((name) => name.endsWith(".part")), []);
  }));

Deno.test("an archive that was cut anywhere, or in which any byte changed, is refused and nothing is written", () =>
  inFolder(async ({ folder, open }) => {
    const [first, second] = [await open("first"), await open("second")];
    await fill(first);
    const path = join(folder, "sound.gz");
    await write(first, path);
    const sound = await readFile(path);
    const bad = join(folder, "bad.gz");
    const refused = async (bytes: Uint8Array, what: string) => {
      await writeFile(bad, bytes);
      await rejects(merge(second, path, bad), /^(?:Range)?Error: Cannot read archive .*bad\.gz/, what);
      deepEqual([await second.listExecutions(), await second.listRuns()], [[], []], what);
    };
    for (let length = 0; length < sound.length; length += 41) {
      await refused(sound.subarray(0, length), `cut at ${length}`);
    }
    await refused(sound.subarray(0, sound.length - 1), "cut by one");
    // From byte 10: before it gzip keeps a time and a system, which are no part of what is compressed.
    for (let place = 10; place < sound.length; place += 29) {
      const bytes = Uint8Array.from(sound);
      bytes[place]! ^= 4;
      await refused(bytes, `changed at ${place}`);
    }
    const lines = gunzipSync(sound).toString().trimEnd().split("\n");
    const pack = (changed: readonly string[]) => gzipSync(`${changed.join("\n")}\n`);
    const sealed = (body: readonly string[]) => {
      const sha256 = createHash("sha256").update(body.map((line) => `${line}\n`).join("")).digest("hex");
      return pack([...body, JSON.stringify({ kind: "end", lines: body.length, sha256 })]);
    };
    const body = lines.slice(0, -1);
    await writeFile(bad, sealed(body));
    equal((await checkArchive(bad)).executions.length, 2);
    await refused(pack(body), "without its end");
    await refused(pack(lines.toSpliced(3, 1)), "without a line");
    await refused(pack([...lines, lines[1]!]), "with more after its end");
    await refused(pack(lines.map((line) => line.replace('"seed":1', '"seed":2'))), "with another seed");
    await refused(gzipSync("notes\n"), "no archive");
    await refused(new TextEncoder().encode("notes\n"), "nothing compressed");
    // Whoever makes the digest right again is still held to the format.
    const edits: readonly (readonly [string, (line: string) => string])[] = [
      ["another version", (line) => line.replace('"version":1}', '"version":2}')],
      ["a status that there is not", (line) => line.replace('"status":"done"', '"status":"running"')],
      ["a value that is none", (line) => line.replace("0.3333333333333333", '"x"')],
      ["records out of order", (line) => line.replace("[[2,10,", "[[11,10,")],
      ["an id that leaves a folder", (line) => line.replace('"suite":"suite"', '"suite":"../x"')],
      ["a checkpoint", (line) => line.replace('"name":"bytes"', '"name":"checkpoint"')],
      ["a field more", (line) => line.replace('"kind":"run"', '"kind":"run","more":1')],
    ];
    for (const [what, edit] of edits) {
      const changed = body.map(edit);
      notDeepEqual(changed, body, what);
      await refused(sealed(changed), what);
    }
    await refused(sealed(body.toSpliced(1, 1)), "a run without an execution");
    await refused(sealed([...body, body[2]!]), "a run twice");
    await rejects(
      merge(second, join(folder, "none.gz")),
      /none\.gz: there is no such file, expected an archive, got none$/,
    );
    await rejects(merge(second, folder), /it is a folder, expected an archive, got a folder$/);
  }));

Deno.test("stores that went apart come together: what is done stays, and what contradicts is named", () =>
  inFolder(async ({ folder, open }) => {
    const [first, second] = [await open("first"), await open("second")];
    await fill(first);
    const early = join(folder, "early.gz");
    await write(first, early);
    await merge(second, early);
    // Here the interrupted run is finished, there the pending one.
    const finish = async (store: Store, id: string, value: number, nowMs = 9000) => {
      ok(await store.claim(id, { ...holder, leaseMs: 10, nowMs }));
      await store.recordMetrics(id, [metric({ updates: 99, value })], holder);
      await store.finish(id, { ...holder, status: "done", elapsedMs: 20, nowMs });
    };
    await finish(first, "c", 7);
    await finish(second, "d", 8);
    await second.addRuns([newRun("f")], { execution: newExecution("two") });
    const [here, there] = [join(folder, "here.gz"), join(folder, "there.gz")];
    await write(first, here);
    await write(second, there);
    deepEqual(await merge(first, there), { begun: [], added: 1, replaced: 1, unchanged: 4 });
    deepEqual(await merge(second, early, here), { begun: [], added: 0, replaced: 1, unchanged: 9 });
    const results = async (store: Store) => {
      const { executions, runs, metrics, artifacts } = await contentsOf(store);
      const byId = <Row extends { readonly id: string }>(rows: readonly Row[]) =>
        rows.toSorted((a, b) => a.id < b.id ? -1 : 1);
      return [
        executions.map(({ updatedAtMs: _, ...rest }) => rest),
        byId(runs).map(({ updatedAtMs: _, ...run }) => run),
        artifacts.length,
        metrics.length,
      ];
    };
    deepEqual(await results(first), await results(second));
    // Both did the same run, with other results.
    const third = await open("third");
    await merge(third, early);
    await finish(third, "c", 7.5);
    const before = await contentsOf(third);
    await rejects(
      merge(third, here),
      /here\.gz: run fcdl on chemical-fork, seed 1, of execution one has other results in the store, expected the same/,
    );
    const other = join(folder, "other.gz");
    await write(third, other);
    const empty = await open("empty");
    await rejects(merge(empty, here, other), /other\.gz: run .* has other results in .*here\.gz, expected the same/);
    deepEqual(await empty.listExecutions(), []);
    deepEqual(await contentsOf(third), before);
    // The same ids, of something else.
    const fourth = await open("fourth");
    await fourth.addRuns([newRun("a")], { execution: newExecution("one", { code: { version: "other", hash: null } }) });
    await rejects(merge(fourth, early), /execution one is another one in the store/);
    const fifth = await open("fifth");
    await fifth.addRuns([{ ...newRun("a"), seed: 3 }], { execution: newExecution("one") });
    await rejects(merge(fifth, early), /run .* of execution one is another in the store, expected the same experiment/);
  }));

Deno.test("a run that is being trained is not replaced, and a damaged one is", () =>
  inFolder(async ({ folder, open }) => {
    const [first, second] = [await open("first"), await open("second")];
    await fill(first);
    const path = join(folder, "a.gz");
    await write(first, path);
    await second.addRuns([newRun("a")], { execution: newExecution("one") });
    await second.claim("a", { ...holder, leaseMs: 60_000, nowMs: 4000 });
    await rejects(merge(second, path), /run fcdl .* is being trained in the store, expected runs that rest/);
    deepEqual((await second.listRuns()).map(({ id }) => id), ["a"]);
    await second.close();
    const copy = join(folder, "damaged.sqlite");
    await first.close();
    await copyFile(join(folder, "first.sqlite"), copy);
    const database = new DatabaseSync(copy);
    database.exec("DROP TRIGGER metrics_replaced");
    database.exec("UPDATE metrics SET value = 5 WHERE run = 1 AND name = 'accuracy'");
    database.exec("UPDATE runs SET spec = '{}' WHERE id = 'e'");
    database.close();
    const damaged = await open("damaged");
    match((await damaged.getRun("e"))!.damage!, /its record is damaged/);
    await rejects(
      write(damaged, join(folder, "b.gz")),
      /^DamageError: Cannot read metrics: records of run a are damaged/,
    );
    deepEqual(await merge(damaged, path), { begun: [], added: 0, replaced: 2, unchanged: 3 });
    await write(damaged, join(folder, "c.gz"));
    deepEqual(await readFile(join(folder, "c.gz")), await readFile(path));
  }));
