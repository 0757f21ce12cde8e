import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../../lib/core/extremes.ts";
import { Rng } from "../../../lib/core/rng.ts";
import { chosenRules, type RuleCaches } from "../../../lib/model/fast/production/chosen_rules.ts";
import { RowCache } from "../../../lib/model/fast/production/row_cache.ts";
import { RowRules, type RuleRows } from "../../../lib/model/fast/production/row_rules.ts";
import { ProductionNetwork } from "../../../lib/model/production/production_network.ts";
import { applyRules } from "../../../lib/model/production/rules.ts";
import { modelGroups } from "../../../lib/model/variable_groups.ts";
import { ParameterSet, useBackend } from "../../../lib/tensor/mod.ts";
import { uneven } from "../methods/network_trial.ts";
import { assertClose, normalTensor } from "../../tensor/numeric.ts";

const RULES = 3;
const WIDTH = 6;

function makeNetwork(): ProductionNetwork {
  return new ProductionNetwork(new ParameterSet(new Rng(1)), {
    groups: modelGroups(uneven),
    rules: RULES,
    ruleWidth: 2,
    ruleSelectorWidth: 2,
    contextSelectorWidth: 2,
    encoderWidths: [WIDTH / 2],
    ruleHidden: [8, 7],
  });
}

/** The plain network's rules on all rows as every variable, of which each row's own counts. */
function plainRules({ groups, rules }: ProductionNetwork, { input, variable }: RuleRows, choice: tf.Tensor2D) {
  const count = groups.stateCount;
  const heads = applyRules(input.expandDims(0).tile([count, 1, 1]), {
    ...{ groups, rules },
    choice: choice.expandDims(1).tile([1, count, 1]) as tf.Tensor3D,
  });
  const widest = maxOf(heads.map((head) => head.shape[2]));
  const all = tf.concat(heads.map((head) => head.pad([[0, 0], [0, 0], [0, widest - head.shape[2]]])), 0);
  const isOwn = tf.oneHot(variable, count, 1, 0, "int32").cast("float32").transpose().expandDims(2);
  return all.mul(isOwn).sum<tf.Tensor2D>(0);
}

/** Rows of which each is one of some distinct ones, with the distinct ones' variables and rules. */
function rowsOf(distinct: readonly number[]): { rows: RuleRows; choice: tf.Tensor2D; keys: Int32Array } {
  const place = tf.tensor1d([...distinct], "int32");
  const rules = tf.tensor1d(distinct.map((k) => k % RULES), "int32");
  return {
    rows: {
      input: tf.gather(normalTensor(5, [200, WIDTH]) as tf.Tensor2D, place),
      variable: tf.tensor1d(distinct.map((k) => k % 4), "int32"),
    },
    choice: tf.oneHot(rules, RULES, 1, 0, "int32").cast<tf.Tensor2D>("float32"),
    keys: Int32Array.from(distinct.flatMap((k) => [k, 0, k % RULES])),
  };
}

const known = (): RuleCaches => ({ chosen: new RowCache(), every: new RowCache() });

/** Numbers of value and gradients of two steps: of inputs, choices and weights. */
function measure(steps: readonly (readonly number[])[], rules: RuleCaches | "plain" | "rows"): Float32Array[] {
  return tf.tidy(() => {
    const network = makeNetwork();
    const of = new RowRules(network);
    const apply = (rows: RuleRows, choice: tf.Tensor2D, keys: Int32Array) => {
      if (rules === "plain") return plainRules(network, rows, choice);
      const open = Int32Array.from({ length: choice.shape[0] }, (_, row) => row);
      return chosenRules(of, rows, { choice, open, known: rules === "rows" ? null : { keys, rules } });
    };
    const inputs = steps.flatMap((distinct) => {
      const { rows: { input }, choice } = rowsOf(distinct);
      return [tf.variable(input), tf.variable(choice)];
    });
    const { value, grads } = tf.variableGrads(() =>
      tf.addN(steps.map((distinct, t) => {
        const { rows: { variable }, keys } = rowsOf(distinct);
        const input = inputs[2 * t] as tf.Tensor as tf.Tensor2D;
        const output = apply({ input, variable }, inputs[2 * t + 1] as tf.Tensor as tf.Tensor2D, keys);
        return output.mul(normalTensor(9 + t, output.shape)).sum();
      })) as tf.Scalar
    );
    const { hidden, heads } = network.rules;
    const ofRules = [...hidden, ...heads].flatMap(({ weight, bias }) => [weight, bias!]);
    const results = [value, ...[...inputs, ...ofRules].map((variable) => grads[variable.name]!)]
      .map((tensor) => tensor.dataSync<"float32">().slice());
    tf.dispose(inputs);
    network.parameters.dispose();
    return results;
  });
}

const cases = {
  "few distinct rows": [Array.from({ length: 120 }, (_, k) => k % 5), Array.from({ length: 120 }, (_, k) => k % 7)],
  "no equal rows": [Array.from({ length: 20 }, (_, k) => k), Array.from({ length: 20 }, (_, k) => 30 + k)],
  "first few distinct rows, then none equal": [
    Array.from({ length: 60 }, (_, k) => k % 3),
    Array.from({ length: 60 }, (_, k) => 2 + k),
  ],
};

for (const backend of ["cpu", "wasm"] as const) {
  for (const [name, steps] of Object.entries(cases)) {
    Deno.test(`chosenRules has the gradients of the weighted sum on ${name} on ${backend}`, async () => {
      await useBackend(backend);
      const expected = measure(steps, "plain");
      for (const rules of [known(), "rows"] as const) {
        measure(steps, rules).forEach((found, i) => {
          assertClose(found, expected[i]!, { tolerance: 2e-4, what: `result ${i}` });
        });
      }
    });
  }
}

Deno.test("chosenRules computes each distinct row once over all steps, unless there are many", async () => {
  await useBackend("wasm");
  tf.tidy(() => {
    const computed = (steps: readonly (readonly number[])[]) => {
      const rules = known();
      const network = makeNetwork();
      const of = new RowRules(network);
      let found = 0;
      for (const distinct of steps) {
        const { rows, choice, keys } = rowsOf(distinct);
        chosenRules(of, rows, { choice, open: new Int32Array(), known: { keys, rules } });
        // What is known by now needs no computing.
        const { results: [outputs = []] } = rules.chosen.lookUp(keys, () => null) ?? { results: [] };
        found = outputs.reduce((sum, part) => sum + part.shape[0], 0);
      }
      network.parameters.dispose();
      return found;
    };
    assert.equal(computed(cases["few distinct rows"]), 7);
    assert.equal(computed(cases["no equal rows"]), 0);
    assert.equal(computed(cases["first few distinct rows, then none equal"]), 0);
  });
});
