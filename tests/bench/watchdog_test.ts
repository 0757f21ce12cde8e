import { deepEqual, ok } from "node:assert/strict";
import { Watchdog, type WatchLimits } from "../../lib/bench/watchdog.ts";

const limits: WatchLimits = { lifeMs: 200, progressMs: 600, stoppingLifeMs: 80, stoppingMs: 400 };

/** What a watchdog says of a worker that shows signs for so long, and when; null if it says nothing meanwhile. */
async function watched(
  body: (watchdog: Watchdog, wait: (ms: number) => Promise<void>) => Promise<void>,
  changes: Partial<WatchLimits> = {},
): Promise<string[]> {
  const said: string[] = [];
  const watchdog = new Watchdog({ limits: { ...limits, ...changes }, onHung: (reason) => said.push(reason) });
  try {
    await body(watchdog, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  } finally {
    watchdog.close();
  }
  return said;
}

Deno.test("Watchdog: a worker that lives and gets further is left alone, however long it takes", async () => {
  const said = await watched(async (watchdog, wait) => {
    for (let i = 0; i < 30; i++) {
      watchdog.sawLife();
      if (i % 10 === 0) watchdog.sawProgress();
      await wait(40);
    }
  });
  deepEqual(said, []);
});

Deno.test("Watchdog: a process that is silent is hung, one that lives without progress much later", async () => {
  deepEqual(
    await watched(async (watchdog, wait) => {
      watchdog.sawLife();
      await wait(500);
    }),
    ["no sign of life for 0 s"],
  );
  const busy = async (watchdog: Watchdog, wait: (ms: number) => Promise<void>) => {
    for (let i = 0; i < 25; i++) {
      watchdog.sawLife();
      await wait(40);
    }
  };
  deepEqual(await watched(busy), ["no progress for 1 s"]);
  deepEqual(await watched(busy, { progressMs: 60_000 }), []);
});

Deno.test("Watchdog: before its first sign of life a worker may be silent; it starts", async () => {
  deepEqual(await watched((_, wait) => wait(400)), []);
});

Deno.test("Watchdog: on stopping the limits are short, and progress does not extend them", async () => {
  deepEqual(
    await watched(async (watchdog, wait) => {
      watchdog.sawLife();
      watchdog.stopping();
      await wait(250);
    }, { lifeMs: 60_000 }),
    ["no sign of life for 0 s"],
  );
  const said = await watched(async (watchdog, wait) => {
    watchdog.stopping();
    for (let i = 0; i < 25; i++) {
      watchdog.sawLife();
      watchdog.sawProgress();
      await wait(40);
    }
  });
  deepEqual(said, ["it did not stop within 0 s"]);
});

Deno.test("Watchdog: time in which the watcher itself did not run does not count", async () => {
  const said = await watched(async (watchdog, wait) => {
    watchdog.sawLife();
    // As after Ctrl-Z and fg, or a machine that slept: nothing of this process runs.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    await wait(0);
    watchdog.sawLife();
    await wait(20);
    ok(watchdog.idleMs < 400);
  });
  deepEqual(said, []);
});
