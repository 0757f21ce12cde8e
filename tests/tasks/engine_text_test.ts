import { equal } from "node:assert/strict";
import { choiceText } from "../../tasks/bench/engine_text.ts";

Deno.test("choiceText: what was taken and why", () => {
  const findings = [
    { engine: "wasm", times: { updateMs: 56.78, planMs: 28.04 }, reason: null },
    { engine: "tensorflow", times: null, reason: "loss loss of update 1 is 2 and 1 on cpu" },
  ];
  equal(
    choiceText({ method: "fcdl", environment: "chemical-full", choice: { engine: "wasm", findings } }),
    "Backend of fcdl on chemical-full: wasm (wasm 56.8 ms an update, 28.0 ms a plan; tensorflow not taken: loss loss of " +
      "update 1 is 2 and 1 on cpu)",
  );
  equal(
    choiceText({ method: "mlp", environment: "e", choice: { engine: "wasm", findings: [] } }),
    "Backend of mlp on e: wasm",
  );
});
