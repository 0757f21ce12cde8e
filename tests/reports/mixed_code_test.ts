import { deepEqual, equal, match } from "node:assert/strict";
import { mixedCodeNote } from "../../reports/build/mixed_code.ts";
import { buildSuite } from "../../reports/build/suite.ts";
import { loadSuiteResults } from "../../reports/read/suite_reading.ts";
import { newExecution } from "../contracts/execution_contract.ts";
import { holder, newRun, provenance } from "../contracts/store_data.ts";
import { demoStore } from "../demo/demo_store.ts";

const origin = (fromLoop: number, codeVersion: string) => ({ fromLoop, provenance: { ...provenance, codeVersion } });

Deno.test("mixedCodeNote names the versions of an execution that has several, each run once a version", () => {
  equal(
    mixedCodeNote([{ origins: [origin(0, "a")] }, { origins: [origin(0, "a"), origin(9, "a")] }, { origins: [] }]),
    null,
  );
  const note = mixedCodeNote([
    { origins: [origin(0, "0.2.0+b"), origin(5, "0.2.0+a"), origin(7, "0.2.0+b")] },
    { origins: [origin(0, "0.2.0+a")] },
  ])!;
  deepEqual(note.lines.slice(1), ["0.2.0+a: 2 runs", "0.2.0+b: 1 run"]);
});

Deno.test("a suite's report warns of an execution that was gone on with by other code", async () => {
  await using demo = await demoStore([]);
  const { store } = demo;
  await store.addRuns([newRun("a"), newRun("b")], { execution: newExecution("one") });
  const record = async (id: string, codeVersion: string) => {
    await store.claim(id, { ...holder, leaseMs: 1000, nowMs: 1000 });
    await store.recordOrigin(id, { ...holder, ...origin(0, codeVersion) });
    return JSON.stringify(buildSuite((await loadSuiteResults(store, "suite"))!));
  };
  equal((await record("a", "0.2.0+a")).includes("mixed-code"), false);
  match(await record("b", "0.2.0+b"), /Runs of different code in one execution/);
});
