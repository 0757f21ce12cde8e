/**
 * A second process for the store contract: `store_worker.ts <open|claim|write> <location> <worker>`.
 * `open` opens the store only when told to go, and adds a run with the worker's name.
 * `claim` claims every run it can and prints the ids; `write` records one metric after another for ever and prints the
 * update of each once it is acknowledged.
 */
import { openStore } from "../../lib/store/open_store.ts";

const [mode, location, worker] = Deno.args as [string, string, string];
const encoder = new TextEncoder();
const say = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

if (mode === "open") await untilGo();
const store = await openStore(location);
const runs = await store.listRuns();
if (mode !== "open") await untilGo();

if (mode === "open") {
  await store.addRuns([{ id: worker, suite: "suite", environment: "e", method: "m", seed: 1, spec: {} }]);
  await store.close();
  say("added");
} else if (mode === "claim") {
  for (const { id } of runs) {
    if (await store.claim(id, { worker, leaseMs: 60_000, nowMs: 1_000 })) say(id);
  }
  await store.close();
} else {
  const id = runs[0]!.id;
  await store.claim(id, { worker, leaseMs: 60_000, nowMs: 1_000 });
  for (let updates = 0;; updates++) {
    const point = { envSteps: updates, updates, split: "train", elapsedMs: updates };
    await store.recordMetrics(id, [
      { ...point, name: "loss", qualifier: "", value: updates / 3 },
      { ...point, name: "return", qualifier: "", value: null },
    ], { worker });
    say(String(updates));
  }
}

/** The parent answers when every worker is ready, so that they meet. */
async function untilGo(): Promise<void> {
  say("ready");
  await Deno.stdin.read(new Uint8Array(1));
}
