import { deepEqual, equal, ok } from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { findSteps, findTimeSteps, type SeedValues } from "../../../lib/metrics/comparison/mod.ts";
import { madeHistory } from "./made_history.ts";

const options = { better: "higher", margin: () => 0.02 } as const;

/** Five seeds round a level. */
function execution(level: number): SeedValues {
  return new Map([-0.01, 0.005, 0, 0.01, -0.005].map((difference, seed) => [seed, level + difference]));
}

/** As `execution`, with differences that a seed draws anew. */
function drawn(level: number, rng: Rng): SeedValues {
  return new Map(Array.from({ length: 5 }, (_, seed) => [seed, level + 0.01 * rng.normal()]));
}

Deno.test("findSteps finds a step where it is, on the execution that brings it, and says which way it goes", () => {
  const rng = new Rng(1);
  const history = [0.9, 0.9, 0.9, 0.7].map((level) => drawn(level, rng));
  const [step, ...rest] = findSteps(history, options);
  deepEqual([step?.at, step?.isWorse, rest.length], [3, true, 0]);
  ok(Math.abs(step!.before - 0.9) < 0.02 && Math.abs(step!.after - 0.7) < 0.02);
  equal(findSteps([...history].reverse(), options)[0]?.isWorse, false);
  equal(findSteps(history, { ...options, better: "lower" })[0]?.isWorse, false);
  equal(findSteps(history, { ...options, better: "neither" })[0]?.isWorse, null);
});

Deno.test("findSteps finds several, passes over executions without results, and no step that does not matter", () => {
  const rng = new Rng(2);
  const levels = [0.9, 0.9, 0.6, null, 0.6, 0.6, 0.8, 0.8];
  const history = levels.map((level) => level === null ? new Map<number, number>() : drawn(level, rng));
  deepEqual(findSteps(history, options).map(({ at, isWorse }) => [at, isWorse]), [[2, true], [6, false]]);
  deepEqual(findSteps([0.9, 0.9, 0.885, 0.885].map(execution), options), []);
});

Deno.test("findSteps: equal executions are one piece of evidence, however many they are", () => {
  // Another version of the code, other luck: twenty nights of each prove no more than one.
  const rng = new Rng(3);
  const [before, after] = [drawn(0.9, rng), drawn(0.89, rng)];
  const nights = (count: number) => [...Array(count).fill(before), ...Array(count).fill(after)];
  const loose = { ...options, margin: () => 0, alpha: 1 };
  const [many, one] = [findSteps(nights(20), loose)[0]!.chance, findSteps(nights(1), loose)[0]!.chance];
  ok(Math.abs(many - one) < 1e-6, `${many} ${one}`);
  deepEqual(findSteps(nights(20), options), []);
  deepEqual(findSteps(Array(40).fill(before), loose), []);
});

Deno.test("findSteps: thirty executions without a step show one in at most 2 of 100 histories", () => {
  for (const every of [1, 5]) {
    let marked = 0;
    for (let i = 0; i < 100; i++) {
      if (findSteps(madeHistory(new Rng(i), { length: 30, seeds: 8, every }), options).length > 0) marked++;
    }
    ok(marked <= 2, `${marked} of 100, a new version every ${every}`);
  }
});

Deno.test("findSteps finds a loss of 10 % of accuracy where it was planted", () => {
  let found = 0;
  for (let i = 0; i < 100; i++) {
    const history = madeHistory(new Rng(i), { length: 30, seeds: 8, every: 5, step: { at: 20, loss: 0.1 } });
    const steps = findSteps(history, options);
    if (steps.length === 1 && steps[0]!.at === 20 && steps[0]!.isWorse) found++;
  }
  ok(found >= 95, `${found} of 100`);
});

/** Times of a machine with noise of 3 %. */
function times(rng: Rng, { length, from = length, factor = 1 }: { length: number; from?: number; factor?: number }) {
  return Array.from({ length }, (_, i) => 60 * Math.exp(0.03 * rng.normal()) * (i >= from ? factor : 1));
}

Deno.test("findTimeSteps finds an update slowed by 20 % beyond a machine's noise, and little else", () => {
  let found = 0;
  let marked = 0;
  for (let i = 0; i < 100; i++) {
    const slowed = findTimeSteps(times(new Rng(i), { length: 20, from: 12, factor: 1.2 }));
    if (slowed.some(({ at, isWorse }) => at === 12 && isWorse)) found++;
    if (findTimeSteps(times(new Rng(i), { length: 20 })).length > 0) marked++;
  }
  ok(found >= 98 && marked <= 2, `${found} found, ${marked} marked`);
  const [step] = findTimeSteps([10, null, 10, 10.1, 9.9, 10, 12.1, 12, 11.9, 12]);
  deepEqual([step?.at, Math.round(100 * Math.exp(step!.difference.difference))], [6, 120]);
});
