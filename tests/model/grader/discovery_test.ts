import assert from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { chiSquaredTest, logUpperTail, upperTail } from "../../../lib/model/grader/chi_squared.ts";
import { testParents } from "../../../lib/model/grader/discovery.ts";

Deno.test("upperTail: critical values of the published tables", () => {
  // Degrees, then the values at 0.95, 0.05, 0.01 and 0.001 (NIST/SEMATECH e-Handbook, 1.3.6.7.4).
  const table = [
    [1, 0.004, 3.841, 6.635, 10.828],
    [2, 0.103, 5.991, 9.210, 13.816],
    [5, 1.145, 11.070, 15.086, 20.515],
    [10, 3.940, 18.307, 23.209, 29.588],
    [32, 20.072, 46.194, 53.486, 62.487],
    [100, 77.929, 124.342, 135.807, 149.449],
  ] as const;
  for (const [degrees, ...values] of table) {
    [0.95, 0.05, 0.01, 0.001].forEach((chance, k) => {
      const found = upperTail(values[k]!, degrees);
      // Values are printed with three decimals.
      assert(
        Math.abs(found - chance) < (degrees === 1 && k === 0 ? 2e-3 : 5e-4 * chance + 2e-5),
        `${degrees}, ${found}`,
      );
    });
  }
  // With two degrees of freedom the tail is exp(-x/2).
  for (const x of [0, 0.5, 3, 20]) assert(Math.abs(upperTail(x, 2) - Math.exp(-x / 2)) < 1e-9);
});

// Degrees, statistic and log P: scipy 1.17.1, `stats.chi2.logsf`; where that is -inf, mpmath 1.3.0 with 40 digits.
const tails = [
  [1, 3.841, -2.995458635717103],
  [100, 99.5, -0.7025809276458584],
  [8, 40, -12.651197991859789],
  [1, 60, -32.28898703270474],
  [3, 75.5, -35.80073362964769],
  [16, 120, -39.743086175688255],
  [4, 100, -46.068174367275674],
  [32, 200, -58.6612187484699],
  [2, 150, -75],
  [100, 400, -84.66926566200348],
  [320, 1200, -232.99079517667616],
  [1, 800, -403.56934333410425],
  [32, 1000, -434.6497541973907],
  [7, 2000, -983.92908478218238],
  [36, 3000, -1409.1689365438681],
  [1, 1e5, -50005.98226408488],
] as const;

Deno.test("upperTail and logUpperTail: the far tail, where 1 - cdf is 0", () => {
  for (const [degrees, statistic, log] of tails) {
    const found = logUpperTail(statistic, degrees);
    assert(Math.abs(found - log) < 2e-9 + 1e-15 * Math.abs(log), `${degrees}, ${statistic}: ${found}, ${log}`);
    const chance = upperTail(statistic, degrees);
    assert(Math.abs(chance - Math.exp(log)) <= 2e-9 * Math.exp(log), `${degrees}, ${statistic}: ${chance}`);
  }
});

Deno.test("chiSquaredTest: strong dependences keep their order", () => {
  const test = (count: number) => chiSquaredTest([count, 0, 0, count], 2).pValue;
  // χ² = 2 · count with one degree of freedom.
  for (const count of [30, 40, 50, 100]) {
    assert(test(count) > 0 && test(count) < 1e-12, `${test(count)}`);
    assert(test(count + 1) < test(count));
  }
});

Deno.test("chiSquaredTest: a table by hand", () => {
  // Expected counts are 12, 18, 28, 42: χ² = 64/12 + 64/18 + 64/28 + 64/42.
  const { statistic, degrees, pValue } = chiSquaredTest([20, 10, 20, 50], 2);
  assert(Math.abs(statistic - 64 * (1 / 12 + 1 / 18 + 1 / 28 + 1 / 42)) < 1e-9);
  assert.equal(degrees, 1);
  assert(pValue < 0.001 && pValue > 1e-4);
});

Deno.test("chiSquaredTest: values that never occur take no part", () => {
  assert.deepEqual(chiSquaredTest([20, 0, 10, 0, 0, 0, 20, 0, 50], 3), chiSquaredTest([20, 10, 20, 50], 2));
  assert.equal(chiSquaredTest([5, 7, 0, 0], 2).pValue, 1);
});

Deno.test("testParents: recovers a planted graph and keeps to the causal order", () => {
  const rng = new Rng(5);
  const categories = 3;
  const rows = 4000;
  const values = Float32Array.from({ length: rows * 4 }, () => rng.integer(categories));
  const actions = Float32Array.from({ length: rows * 2 }, () => rng.integer(2));
  const nextValues = values.slice();
  for (let row = 0; row < rows; row++) {
    const [x0, , x2] = values.subarray(row * 4, row * 4 + 4);
    const [a0, a1] = actions.subarray(row * 2, row * 2 + 2);
    const draw = () => rng.integer(categories);
    // Each variable is drawn anew, by chance or from a parent.
    nextValues[row * 4] = draw();
    nextValues[row * 4 + 1] = rng.uniform() < 0.5 ? x0! : draw();
    nextValues[row * 4 + 2] = a1 === 1 ? draw() : x2!;
    if (a0 === 0) nextValues[row * 4 + 3] = rng.uniform() < 0.7 ? x2! : draw();
  }
  const variable = (count: number) => ({ kind: "categorical", name: "x", categories: count } as const);
  const pValues = testParents({ values, actions, nextValues }, {
    state: Array.from({ length: 4 }, () => variable(categories)),
    action: [variable(2), variable(2)],
  });
  // deno-fmt-ignore
  assert.deepEqual([...pValues].map((p) => p < 0.01 ? 1 : 0), [
    1, 0, 0, 0, 0, 0,
    1, 1, 0, 0, 0, 0,
    0, 0, 1, 0, 0, 1,
    0, 0, 1, 1, 1, 0,
  ]);
  // What the causal order rules out is not tested.
  assert.deepEqual([pValues[1], pValues[2], pValues[3], pValues[8], pValues[9], pValues[15]], [1, 1, 1, 1, 1, 1]);
});

Deno.test("testParents: pairwise tests do not see parents that act only together", () => {
  const rng = new Rng(6);
  const rows = 4000;
  const values = Float32Array.from({ length: rows * 2 }, () => rng.integer(2));
  const actions = Float32Array.from({ length: rows }, () => rng.integer(2));
  const nextValues = values.slice();
  for (let row = 0; row < rows; row++) {
    nextValues[row * 2] = rng.integer(2);
    nextValues[row * 2 + 1] = values[row * 2] === actions[row] ? 1 : 0;
  }
  const variable = { kind: "categorical", name: "x", categories: 2 } as const;
  const pValues = testParents({ values, actions, nextValues }, { state: [variable, variable], action: [variable] });
  assert(pValues[3]! > 0.01 && pValues[5]! > 0.01, `${pValues}`);
});

Deno.test("testParents: transitions in which nothing changed take no part", () => {
  const variables = {
    state: [{ kind: "categorical", name: "x", categories: 2 }] as const,
    action: [{ kind: "categorical", name: "a", categories: 2 }] as const,
  };
  const changed = {
    values: [0, 1, 0, 1, 0, 1, 0, 1],
    actions: [0, 1, 0, 1, 0, 0, 1, 1],
    nextValues: [1, 0, 1, 0, 1, 0, 1, 0],
  };
  const idle = { values: [0, 0, 0, 0], actions: [1, 1, 1, 1], nextValues: [0, 0, 0, 0] };
  const test = (parts: readonly (typeof changed)[]) =>
    testParents({
      values: Float32Array.from(parts.flatMap((part) => part.values)),
      actions: Float32Array.from(parts.flatMap((part) => part.actions)),
      nextValues: Float32Array.from(parts.flatMap((part) => part.nextValues)),
    }, variables);
  assert.deepEqual(test([changed, idle, idle]), test([changed]));
  assert.deepEqual([...test([idle])], [0, 1]);
});
