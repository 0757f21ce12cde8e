import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Rng } from "../../lib/core/rng.ts";
import { waitingTick } from "../../lib/schedule/ledger.ts";
import {
  type Ledger,
  type LedgerFile,
  memoryLedger,
  openLedger,
  parseScheduleConfig,
  type Tick,
} from "../../lib/schedule/mod.ts";
import { play, randomKills } from "./simulated_machine.ts";

async function withFile(act: (path: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(`${folder}/ledger.sqlite`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function tick(dueAt: number, state: Tick["state"], fields: Partial<Tick> = {}): Tick {
  return { ...waitingTick({ entry: "x", dueAt }, 7), state, ...fields };
}

async function due(ledger: Ledger, since: number): Promise<number[]> {
  return (await ledger.ticks(since)).map(({ dueAt }) => dueAt).toSorted((a, b) => a - b);
}

/** What any ledger does. */
async function checkLedger(ledger: Ledger): Promise<void> {
  deepEqual(await ledger.marks(), []);
  const done = tick(20, "finished", {
    ...{ startedAt: 21, endedAt: 30, stretches: 2, spentMs: 1.5, execution: "e", result: "failed", error: "no" },
  });
  const missed = tick(10, "missed", { reason: "off", through: 15 });
  await ledger.write({
    marks: [{ entry: "x", lookedUntil: 5, rule: "r" }],
    ticks: [tick(1, "started"), tick(2, "waiting"), missed, done],
  });
  await ledger.write({ marks: [{ entry: "x", lookedUntil: 6, rule: "r" }] });
  deepEqual(await ledger.marks(), [{ entry: "x", lookedUntil: 6, rule: "r" }]);
  deepEqual((await ledger.ticks(-Infinity)).find(({ dueAt }) => dueAt === 20), done);
  deepEqual(await due(ledger, Infinity), [1, 2]);
  deepEqual(await due(ledger, 15), [1, 2, 10, 20]);
  deepEqual(await due(ledger, 16), [1, 2, 20]);
  await ledger.write({ ticks: [tick(2, "missed", { reason: "busy" })], forget: [{ entry: "x", dueAt: 10 }] });
  deepEqual(await due(ledger, 2), [1, 2, 20]);
  deepEqual(await due(ledger, 3), [1, 20]);
}

Deno.test("a ledger in memory and one in a file keep the same", async () => {
  await checkLedger(memoryLedger());
  await withFile(async (path) => {
    const ledger = openLedger(path);
    await checkLedger(ledger);
    const before = await ledger.ticks(-Infinity);
    ledger.close();
    const again = openLedger(path);
    deepEqual(await again.ticks(-Infinity), before);
    again.close();
  });
});

Deno.test("a ledger in a file writes all of a change or nothing", async () => {
  await withFile(async (path) => {
    const ledger = openLedger(path);
    const bad = { ...tick(2, "waiting"), stretches: null } as unknown as Tick;
    await rejects(
      ledger.write({ marks: [{ entry: "x", lookedUntil: 5, rule: "r" }], ticks: [tick(1, "waiting"), bad] }),
      {
        message: /^Cannot use the schedule's ledger: NOT NULL/,
      },
    );
    deepEqual([await ledger.marks(), await ledger.ticks(-Infinity)], [[], []]);
    ledger.close();
  });
});

Deno.test("openLedger refuses what is no ledger of its version", async () => {
  await withFile((path) => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE t (x); PRAGMA user_version = 9");
    other.close();
    throws(() => openLedger(path), {
      message: `Cannot open the schedule's ledger ${path}: expected a ledger of version 1, got version 9`,
    });
  });
  await withFile(async (path) => {
    await Deno.writeTextFile(path, "text");
    throws(() => openLedger(path), /^Error: Cannot open the schedule's ledger .*not a database/);
  });
});

Deno.test("a schedule that is killed goes on from its file as from memory", async () => {
  await withFile(async (path) => {
    const day = 24 * 3600_000;
    const schedule = [{ suite: "quick", cron: "30 2 * * *" }];
    const incidents = randomKills(new Rng(3), { count: 10, spanMs: 14 * day, longestMs: 30 * 3600_000 });
    const files: LedgerFile[] = [];
    const simulation = {
      ...{ config: parseScheduleConfig({ schedule }, { what: "test" }), incidents },
      ...{ from: Date.parse("2026-06-01T12:00Z"), spanMs: 14 * day, workMs: () => 10 * 3600_000 },
    };
    const inMemory = await play(simulation);
    const inFile = await play({
      ...simulation,
      openLedger() {
        files.at(-1)?.close();
        files.push(openLedger(path));
        return files.at(-1)!;
      },
    });
    const byTime = async ({ ledger }: { ledger: Ledger }) =>
      (await ledger.ticks(-Infinity)).toSorted((a, b) => a.dueAt - b.dueAt);
    deepEqual(await byTime(inFile), await byTime(inMemory));
    equal(files.length > 5, true);
    files.at(-1)!.close();
  });
});
