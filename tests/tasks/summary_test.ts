import assert from "node:assert/strict";
import { summaryText } from "../../tasks/bench/summary.ts";
import { demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

Deno.test("summaryText ends each leaderboard with what was learned, and is empty for a suite that is not there", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const text = await summaryText(demo.store, "quick");
  const lines = text.split("\n");
  assert.match(lines[0]!, /^Methods on chemical-fork-5x3 \(mean ± standard deviation over seeds\)$/);
  const start = lines.indexOf("What was learned");
  assert.match(lines[start + 1]!, /^FCDL: the shift changes the code on 3 of 3 seeds \(/);
  assert.equal(lines[start + 2], "MLP: no causal graph to check.");
  assert.match(lines.at(-1)!, /^Not compared with leaving edges out/);
  assert.equal(await summaryText(demo.store, "none"), "");
});
