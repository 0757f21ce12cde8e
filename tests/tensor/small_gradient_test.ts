import assert from "node:assert/strict";
import { useBackend } from "../../lib/tensor/backend.ts";
import { smallGradient } from "../../lib/tensor/small_gradient.ts";

Deno.test("smallGradient: as by hand, on wasm and cpu", async () => {
  for (const name of ["cpu", "wasm"] as const) {
    await useBackend(name);
    assert.deepEqual([...await smallGradient()], [32, 72]);
  }
});
