import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../../lib/core/rng.ts";
import type { Transitions } from "../../lib/envs/environment.ts";
import { ReplayBuffer } from "../../lib/training/replay_buffer.ts";

const options = {
  stateCount: 2,
  actionCount: 1,
  capacity: 1000,
  windowSteps: 3,
  validationShare: 0,
  maxWindowUses: 2,
};

/** An episode whose numbers say where they come from: step t of episode e has value 100 e + t. */
function episode(e: number, length: number): Transitions {
  const at = (t: number) => 100 * e + t;
  return {
    values: Float32Array.from({ length: 2 * length }, (_, k) => at(Math.floor(k / 2)) + (k % 2) / 2),
    actions: Float32Array.from({ length }, (_, t) => -at(t)),
    nextValues: Float32Array.from({ length: 2 * length }, (_, k) => at(Math.floor(k / 2) + 1) + (k % 2) / 2),
  };
}

Deno.test("ReplayBuffer.sampleWindows gives consecutive steps of one episode, each start at most maxWindowUses times", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 4 }),
    fc.nat(1000),
    (lengths, uses, seed) => {
      const buffer = new ReplayBuffer({ ...options, maxWindowUses: uses });
      const rng = new Rng(seed);
      lengths.forEach((length, e) => buffer.addEpisode(episode(e, length), rng));
      const starts = lengths.reduce((sum, length) => sum + Math.max(0, length - 2), 0);
      const seen = new Map<number, number>();
      for (let draw = 0; draw < starts * uses; draw++) {
        const { values, actions, nextValues } = buffer.sampleWindows(rng, 1);
        const start = values[0]!;
        assert.deepEqual([...values], [start, start + 0.5]);
        assert.deepEqual([...actions], [-start, -start - 1, -start - 2].map((x) => x === 0 ? -0 : x));
        assert.deepEqual([...nextValues], [1, 1.5, 2, 2.5, 3, 3.5].map((t) => start + t));
        assert.ok(start % 100 + 3 <= lengths[Math.floor(start / 100)]!);
        seen.set(start, (seen.get(start) ?? 0) + 1);
      }
      assert.equal(seen.size, starts);
      for (const count of seen.values()) assert.equal(count, uses);
      assert.throws(() => buffer.sampleWindows(rng, 1), {
        name: "RangeError",
        message: /^Cannot sample a training window: none is left, expected .* fewer than \d+ windows, got \d+ training/,
      });
    },
  ));
});

Deno.test("ReplayBuffer.sampleWindows draws all starts about equally often", () => {
  const buffer = new ReplayBuffer({ ...options, maxWindowUses: 1e9 });
  const rng = new Rng(5);
  buffer.addEpisode(episode(0, 12), rng);
  const counts = new Map<number, number>();
  const { values } = buffer.sampleWindows(rng, 10_000);
  for (let b = 0; b < 10_000; b++) counts.set(values[b * 2]!, (counts.get(values[b * 2]!) ?? 0) + 1);
  assert.equal(counts.size, 10);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count}`); // 5 standard deviations
});

Deno.test("ReplayBuffer keeps the wanted share of episodes for validation, out of training windows", () => {
  const buffer = new ReplayBuffer({ ...options, capacity: 1e6, validationShare: 0.25, maxWindowUses: 1e9 });
  const rng = new Rng(1);
  assert.equal(buffer.hasValidation, false);
  for (let e = 0; e < 4000; e++) buffer.addEpisode(episode(e, 3), rng);
  const share = buffer.save().isValidation.reduce((sum, each) => sum + each, 0) / 4000;
  assert.ok(Math.abs(share - 0.25) < 0.03, `${share}`);
  assert.equal(buffer.save().isValidation[0], 0);
  const validation = new Set(
    [...buffer.save().isValidation].flatMap((isValidation, e) => isValidation === 1 ? [100 * e] : []),
  );
  const { values } = buffer.sampleWindows(rng, 2000);
  for (let b = 0; b < 2000; b++) assert.ok(!validation.has(values[b * 2]!));
  const held = buffer.sampleForEvaluation(rng, { count: 1e6, steps: 3, pool: "validation" });
  assert.deepEqual(
    new Set([...held.values].filter((_, k) => k % 2 === 0)),
    validation,
  );
  assert.equal(buffer.trainingTransitions().actions.length, 3 * (4000 - validation.size));
});

Deno.test("ReplayBuffer.sampleForEvaluation gives wanted windows only, without repetition and without a use", () => {
  const buffer = new ReplayBuffer({ ...options, maxWindowUses: 1 });
  const rng = new Rng(2);
  buffer.addEpisode(episode(0, 6), rng);
  buffer.addEpisode(episode(1, 4), rng);
  const isWanted = Uint8Array.of(1, 1, 1, 0, 1, 1, 0, 1, 1, 1);
  const starts = (steps: number, count = 100) =>
    [...buffer.sampleForEvaluation(rng, { count, steps, pool: "all", isWanted }).values].filter((_, k) => k % 2 === 0);
  assert.deepEqual(starts(1).sort((a, b) => a - b), [0, 1, 2, 4, 5, 101, 102, 103]);
  assert.deepEqual(starts(2).sort((a, b) => a - b), [0, 1, 4, 101, 102]);
  assert.deepEqual(starts(3).sort((a, b) => a - b), [0, 101]);
  assert.deepEqual(starts(4), []);
  assert.equal(new Set(starts(1, 3)).size, 3);
  assert.equal(buffer.sampleWindows(rng, 6).actions.length, 18); // all 4 + 2 uses are still there
});

Deno.test("ReplayBuffer grows to its capacity and then says so", () => {
  const buffer = new ReplayBuffer({ ...options, capacity: 5000 });
  const rng = new Rng(3);
  for (let e = 0; e < 5; e++) buffer.addEpisode(episode(e, 1000), rng);
  assert.equal(buffer.size, 5000);
  assert.equal(buffer.transitions().actions[4321], -(400 + 321));
  assert.throws(() => buffer.addEpisode(episode(5, 1), rng), {
    message:
      "Cannot store an episode of 1 steps: the replay buffer is full, expected at most 5000 transitions, got 5001",
  });
});

Deno.test("ReplayBuffer restored from its saved state draws the same windows", () => {
  const original = new ReplayBuffer({ ...options, validationShare: 0.3 });
  const rng = new Rng(4);
  for (let e = 0; e < 20; e++) original.addEpisode(episode(e, 3 + e % 5), rng);
  original.sampleWindows(rng, 30);
  const copy = new ReplayBuffer({ ...options, validationShare: 0.3 });
  copy.restore(original.save());
  assert.deepEqual(copy.save(), original.save());
  const rngs = [Rng.fromState(rng.state()), Rng.fromState(rng.state())] as const;
  for (let k = 0; k < 3; k++) {
    assert.deepEqual(copy.sampleWindows(rngs[0], 5), original.sampleWindows(rngs[1], 5));
    copy.addEpisode(episode(20 + k, 6), rngs[0]);
    original.addEpisode(episode(20 + k, 6), rngs[1]);
  }
  assert.throws(() => copy.restore({ ...original.save(), values: new Float32Array(3) }), /arrays do not fit/);
});
