import assert from "node:assert/strict";
import { forcePlainOperations, useBackend } from "../../../lib/tensor/mod.ts";
import { StackedTrial } from "../../prototypes/stacked_seeds/stacked_trial.ts";

/** The paper's Chemical. */
const full = { variables: 10, categories: 5, actions: 50, batch: 256, steps: 3, width: null, codes: 16 };

for (const [fast, ceiling] of [[true, 920], [false, 910]] as const) {
  Deno.test(`a full-size update of plain operations with fast ${fast} launches at most ${ceiling}`, async () => {
    await useBackend("wasm");
    forcePlainOperations(true);
    try {
      const launches = await new StackedTrial(full).launchesOfSingle({ fast });
      assert.ok(launches <= ceiling, `${launches} operations`);
      // Less would be no update.
      assert.ok(launches > ceiling / 2, `${launches} operations`);
    } finally {
      forcePlainOperations(false);
    }
  });
}
