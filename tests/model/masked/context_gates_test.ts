import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { type ContextGateOptions, ContextGates } from "../../../lib/model/masked/context_gates.ts";
import { ParameterSet, useBackend } from "../../../lib/tensor/mod.ts";
import { assertClose } from "../../tensor/numeric.ts";

const options: ContextGateOptions = { stateCount: 3, actionCount: 2, closeAfter: 2, threshold: 0.4, floor: 0.05 };

function setting(given: Partial<ContextGateOptions> = {}) {
  const parameters = new ParameterSet(new Rng(1));
  return { parameters, gates: new ContextGates(parameters, { ...options, ...given }) };
}

const effects = (...values: number[]) => Float32Array.from(values);

Deno.test("ContextGates averages tests plainly, then moves by a twentieth", async () => {
  await useBackend("cpu");
  const { parameters, gates } = setting();
  gates.observe(effects(1, 0, 0, 0, 0));
  gates.observe(effects(2, 0, 0, 0, 0));
  gates.observe(effects(6, 0, 0, 0, 0));
  assertClose(gates.effects(), [3, 0, 0, 0, 0], { tolerance: 1e-6 });
  for (let test = 4; test <= 20; test++) gates.observe(effects(3, 0, 0, 0, 0));
  gates.observe(effects(23, 0, 0, 0, 0));
  assertClose(gates.effects(), [4, 0, 0, 0, 0], { tolerance: 1e-5 });
  parameters.dispose();
});

Deno.test("ContextGates closes nothing before its time, then what matters little among its kind or of all", async () => {
  await useBackend("cpu");
  const { parameters, gates } = setting();
  const found = effects(10, 4.1, 3.9, 100, 39);
  gates.count();
  gates.observe(found);
  assert.deepEqual([...gates.open()], [1, 1, 1, 1, 1]);
  assert.equal(gates.mask(2), null);
  gates.count();
  gates.observe(found);
  // State variables against 10, action variables against 100; 0.05 of 100 is above 4.1.
  assert.deepEqual([...gates.open()], [1, 0, 0, 1, 0]);
  const mask = gates.mask(2)!;
  assert.deepEqual(mask.shape, [2, 1, 5]);
  assert.deepEqual([...mask.dataSync()], [1, 0, 0, 1, 0, 1, 0, 0, 1, 0]);
  mask.dispose();
  parameters.dispose();
});

Deno.test("ContextGates keeps a closed gate closed, and may close more", async () => {
  await useBackend("cpu");
  const { parameters, gates } = setting({ closeAfter: 0 });
  gates.observe(effects(10, 9, 1, 10, 10));
  assert.deepEqual([...gates.open()], [1, 1, 0, 1, 1]);
  for (let test = 0; test < 60; test++) gates.observe(effects(10, 0, 100, 10, 10));
  assert.deepEqual([...gates.open()], [1, 0, 0, 1, 1]);
  parameters.dispose();
});

Deno.test("ContextGates closes all gates of a kind without any effect", async () => {
  await useBackend("cpu");
  const { parameters, gates } = setting({ closeAfter: 0 });
  gates.observe(effects(10, 0, 0, -0.1, 0.2));
  assert.deepEqual([...gates.open()], [1, 0, 0, 0, 0]);
  parameters.dispose();
});

Deno.test("ContextGates goes on from saved statistics as if unbroken", async () => {
  await useBackend("cpu");
  const [unbroken, before, after] = [setting(), setting(), setting()];
  const steps = (gates: ContextGates, from: number, to: number) => {
    for (let test = from; test < to; test++) {
      gates.count();
      gates.observe(effects(Math.sin(test), Math.cos(test), 1 / 3, test / 7, 0.1));
    }
  };
  steps(unbroken.gates, 0, 30);
  steps(before.gates, 0, 11);
  after.gates.observe(effects(9, 9, 9, 9, 9));
  after.parameters.restore(await before.parameters.save());
  steps(after.gates, 11, 30);
  assert.deepEqual(after.gates.effects(), unbroken.gates.effects());
  assert.deepEqual(after.gates.open(), unbroken.gates.open());
  assert.equal(after.gates.updates, 30);
  for (const { parameters } of [unbroken, before, after]) parameters.dispose();
});
