import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { useBackend } from "../../lib/tensor/backend.ts";
import { type ChainSource, type GruChain, type LearnedInputs } from "../../lib/tensor/ops/gru_chains/contract.ts";
import { gruChains, gruChainsOfSamples } from "../../lib/tensor/ops/gru_chains/gru_chains.ts";
import { installKernels } from "../../lib/tensor/kernels/install.ts";
import { kernelBuilds } from "../../lib/tensor/kernels/kernel_module.ts";
import { normals, normalTensor } from "./numeric.ts";
import { assertSameEverywhere } from "./ops/fused_contract.ts";
import { kernelsOf } from "./table_fixtures.ts";

/** Runs of state variables, then one of action variables whose one-hots get no gradient. */
const runs = [{ count: 2, categories: 3 }, { count: 1, categories: 2 }, { count: 1, categories: 3 }];
const actions = [{ count: 1, categories: 7 }];

/** What each unit reads, by variable; the last reads everything, and one nothing but its own. */
const parents = [[4], [0], [], [0, 1, 2, 4]];

interface Layout {
  readonly chains: readonly GruChain[];
  readonly categories: readonly number[];
  readonly startRows: number;
  readonly gateRows: number;
  readonly startJacobianRows: number;
  readonly gateJacobianRows: number;
}

function layout(): Layout {
  const categories = [...runs, ...actions].flatMap(({ count, categories }) =>
    Array(count).fill(categories) as number[]
  );
  const stateCount = runs.reduce((sum, { count }) => sum + count, 0);
  const own: ChainSource[] = [];
  let [startRows, startJacobianRows, gateRows, gateJacobianRows] = [0, 0, 0, 0];
  categories.forEach((c, variable) => {
    own.push({
      variable,
      categories: c,
      row: startRows,
      jacobianRow: variable < stateCount ? startJacobianRows : null,
    });
    startRows += c;
    if (variable < stateCount) startJacobianRows += c * c;
  });
  const chains = parents.map((reads, unit) => ({
    own: own[unit]!,
    reads: reads.map((variable) => {
      const c = categories[variable]!;
      const learns = variable < stateCount;
      const source = { variable, categories: c, row: gateRows, jacobianRow: learns ? gateJacobianRows : null };
      gateRows += c;
      if (learns) gateJacobianRows += c * c;
      return source;
    }),
  }));
  return { chains, categories, startRows, gateRows, startJacobianRows, gateJacobianRows };
}

/** A case of B samples of width H, tables and weights of standard deviation `scale`. */
function caseOf({ batch, width, seed, scale = 0.7 }: { batch: number; width: number; seed: number; scale?: number }) {
  const { chains, categories, ...rows } = layout();
  const rng = new Rng(seed);
  const values = categories.map((c) => Int32Array.from({ length: batch }, () => rng.integer(c)));
  const draw = (part: number, shape: number[]) => ({
    shape,
    values: normals(10 * seed + part, tf.util.sizeFromShape(shape)).map((x) => scale * x),
  });
  const units = parents.length;
  let variable = 0;
  const oneHots = runs.map(({ count, categories }) => {
    const numbers = new Float32Array(count * batch * categories);
    for (let i = 0; i < count; i++) {
      for (let b = 0; b < batch; b++) numbers[(i * batch + b) * categories + values[variable + i]![b]!] = 1;
    }
    variable += count;
    return { shape: [count, batch, categories], values: numbers };
  });
  const inputs = [
    draw(1, [rows.startRows, width]),
    draw(2, [rows.gateRows, 3 * width]),
    draw(3, [units, width, 3 * width]),
    draw(4, [units, 1, 3 * width]),
    ...oneHots,
  ];
  const categoriesTensor = () =>
    tf.tensor2d(Int32Array.from(values.flatMap((column) => [...column])), [values.length, batch], "int32");
  const run = (learns: boolean) => (...args: tf.Tensor[]): tf.Tensor => {
    const [start, gates, hiddenWeight, hiddenBias, ...oneHots] = args as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor3D,
      tf.Tensor3D,
      ...tf.Tensor3D[],
    ];
    const startJacobian = normalTensor(10 * seed + 5, [rows.startJacobianRows, width]) as tf.Tensor2D;
    // Jacobian of a row times its unit's weights, from the weights' values.
    const weights = inputs[2]!;
    const hiddenJacobian = tf.concat(
      chains.map(({ own }, unit) =>
        tf.matMul(
          startJacobian.slice([own.jacobianRow!, 0], [own.categories ** 2, width]),
          tf.tensor3d(weights.values, weights.shape as [number, number, number])
            .slice([unit, 0, 0], [1, -1, -1]).reshape<tf.Tensor2D>([width, 3 * width]),
        )
      ),
    ) as tf.Tensor2D;
    const learned: LearnedInputs = {
      oneHots,
      jacobian: {
        start: startJacobian,
        hidden: hiddenJacobian,
        gates: normalTensor(10 * seed + 6, [rows.gateJacobianRows, 3 * width]) as tf.Tensor2D,
      },
    };
    const input = { chains, start, gates, hiddenWeight, hiddenBias, categories: categoriesTensor() };
    return gruChains(input, learns ? learned : null);
  };
  return { inputs, run, chains, categoriesTensor };
}

for (const [batch, width] of [[1, 4], [40, 5], [70, 8]] as const) {
  for (const learns of [false, true]) {
    Deno.test(`gruChains of ${batch} samples and width ${width}, ${learns ? "with" : "without"} one-hots' gradients: the plain operations' values and gradients`, async () => {
      const { inputs, run } = caseOf({ batch, width, seed: 3 });
      await assertSameEverywhere({
        what: "gruChains",
        inputs,
        run: run(learns),
        differentiable: learns ? inputs.length : 4,
        tolerance: 5e-5,
      });
    });
  }
}

Deno.test("gruChains with saturated gates: the plain operations' values", async () => {
  const { inputs, run } = caseOf({ batch: 40, width: 5, seed: 4, scale: 60 });
  await assertSameEverywhere({ what: "gruChains", inputs, run: run(false), differentiable: 0, tolerance: 1e-4 });
});

Deno.test("gruChains: gates are those of double precision over their whole range, and not-a-number stays", async () => {
  // One unit without hidden part reads one variable whose categories sweep the gates: h' = n + z (h - n).
  const sweep = [
    ...Array.from({ length: 801 }, (_, i) => ((i - 400) / 80) ** 3),
    1e-20,
    1e4,
    -1e4,
    Infinity,
    -Infinity,
  ];
  const width = 4;
  const count = sweep.length;
  const hiddenOf = (h: number, gates: (x: number) => [r: number, z: number, n: number]) =>
    tf.tidy(() => {
      const source = { variable: 0, categories: 1, row: 0, jacobianRow: null };
      const rows = sweep.flatMap((x) => gates(x).flatMap((gate) => Array<number>(width).fill(gate)));
      const hidden = gruChains({
        chains: [{ own: source, reads: [{ ...source, variable: 1, categories: count }] }],
        start: tf.fill([1, width], h),
        gates: tf.tensor2d(rows, [count, 3 * width]),
        hiddenWeight: tf.zeros([1, width, 3 * width]),
        hiddenBias: tf.ones([1, 1, 3 * width]),
        categories: tf.stack([tf.zeros([count], "int32"), tf.range(0, count, 1, "int32")]) as tf.Tensor2D,
      }, null);
      return [...hidden.slice([0, 0, 0], [1, count, 1]).dataSync()];
    });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  await useBackend("wasm");
  for (const build of kernelBuilds) {
    await installKernels(build);
    const closeTo = (found: number[], expected: (x: number) => number, relative: boolean) =>
      found.forEach((value, i) => {
        const exact = expected(Math.fround(sweep[i]!));
        assert(
          Math.abs(value - exact) <= 3e-7 * (relative ? Math.abs(exact) : 1) + 1e-37,
          `${build}, ${sweep[i]}: expected ${exact}, got ${value}`,
        );
      });
    // z is 0 and r is 0; n = tanh(x).
    closeTo(hiddenOf(0, (x) => [-1e4, -1e4, x]), Math.tanh, true);
    // h = 0 and n = 1: 1 - z. The biases of r, z and n are 1.
    closeTo(hiddenOf(0, (x) => [-1e4, x - 1, 1e4]), (x) => 1 - sigmoid(x), false);
    // z is 0: n = tanh(-1/2 + r).
    closeTo(hiddenOf(0, (x) => [x - 1, -1e4, -0.5]), (x) => Math.tanh(sigmoid(x) - 0.5), false);
    for (const place of [0, 1, 2]) {
      const gates = [0, 0, 0].with(place, NaN) as [number, number, number];
      assert(hiddenOf(0.5, () => gates).every(Number.isNaN), `gate ${place}`);
    }
  }
  await installKernels();
});

Deno.test("gruChainsOfSamples: the rows of gruChains, to the bit, whatever the samples beside them", async () => {
  await useBackend("wasm");
  const { inputs, chains, categoriesTensor } = caseOf({ batch: 60, width: 12, seed: 5 });
  tf.tidy(() => {
    const [start, gates, hiddenWeight, hiddenBias] = inputs.map(({ shape, values }) => tf.tensor(values, shape));
    const input = {
      ...{ chains, start: start as tf.Tensor2D, gates: gates as tf.Tensor2D },
      ...{ hiddenWeight: hiddenWeight as tf.Tensor3D, hiddenBias: hiddenBias as tf.Tensor3D },
      categories: categoriesTensor(),
    };
    const all = gruChains(input, null).reshape<tf.Tensor2D>([4 * 60, 12]);
    const rows = [3, 0, 59, 60 + 7, 3 * 60 + 1, 3 * 60 + 2, 3 * 60 + 58];
    const wanted = { rows: tf.tensor1d(rows, "int32"), counts: [3, 1, 0, 3] };
    assert.deepEqual(
      gruChainsOfSamples(input, wanted).arraySync(),
      rows.map((row) => (all.slice([row, 0], [1, 12]).arraySync() as number[][])[0]),
    );
  });
});

Deno.test("gruChains takes as many plain operations for more units", async () => {
  await useBackend("cpu");
  const [width, batch] = [3, 4];
  const launches: number[] = [];
  for (const units of [3, 9]) {
    // Unit u reads the first u % 3 variables, so that chains are of three lengths.
    const source = (variable: number) => ({ variable, categories: 2, row: 2 * variable, jacobianRow: 4 * variable });
    const chains = Array.from({ length: units }, (_, unit) => ({
      own: source(unit),
      reads: Array.from({ length: unit % 3 }, (_, variable) => source(variable)),
    }));
    const zeros = tf.zeros([units, batch], "int32") as tf.Tensor2D;
    const jacobian = {
      start: tf.ones<tf.Rank.R2>([4 * units, width]),
      hidden: tf.ones<tf.Rank.R2>([4 * units, 3 * width]),
      gates: tf.ones<tf.Rank.R2>([4 * units, 3 * width]),
    };
    const hidden = (...[start, gates, hiddenWeight, hiddenBias, oneHot]: tf.Tensor[]) =>
      gruChains({
        ...{ chains, categories: zeros, start: start as tf.Tensor2D, gates: gates as tf.Tensor2D },
        ...{ hiddenWeight: hiddenWeight as tf.Tensor3D, hiddenBias: hiddenBias as tf.Tensor3D },
      }, { oneHots: [oneHot as tf.Tensor3D], jacobian });
    const inputs = [
      ...[tf.ones([2 * units, width]), tf.ones([2 * units, 3 * width])],
      ...[tf.ones([units, width, 3 * width]), tf.ones([units, 1, 3 * width]), tf.ones([units, batch, 2])],
    ];
    launches.push(
      await kernelsOf(() =>
        tf.tidy(() => {
          tf.grads(hidden)(inputs);
        })
      ),
    );
    tf.dispose([zeros, jacobian, inputs]);
  }
  assert.equal(launches[1], launches[0]);
});
