import assert from "node:assert/strict";
import { Rng } from "../../lib/core/rng.ts";
import type { Variable } from "../../lib/core/variable.ts";
import { type DynamicsModel, isCodebookModel, isGraphModel, type WindowBatch } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import { RngNoise, useBackend, useSystemBlas, withSystemBlas } from "../../lib/tensor/mod.ts";
import { actionOf, disposeAll, lossOf, predicted, take } from "../contracts/model_trial.ts";
import { countingBlas, needsBlas } from "../tensor/system_blas.ts";
import { randomBatch, type Variables } from "./methods/network_trial.ts";

// What a model says in evaluation after an update by a system BLAS is what a model says that was restored after it: an
// update, and what a method does after it, leave nothing behind that the BLAS computed.

const categorical = (name: string): Variable => ({ kind: "categorical", name, categories: 6 });
const continuous = (name: string): Variable => ({ kind: "continuous", name, low: -1, high: 1 });

/** Categories enough for tables to be products that are worth a BLAS. */
const worlds: Readonly<Record<string, Variables>> = {
  "categorical variables": {
    stateVariables: ["a", "b", "c"].map(categorical),
    actionVariables: [categorical("push")],
  },
  "mixed variables": {
    stateVariables: [categorical("a"), categorical("b"), continuous("x")],
    actionVariables: [continuous("force")],
  },
};

/** What makes a method do after each update what it does now and then. */
const often: Readonly<Record<string, Record<string, unknown>>> = {
  "fcdl-sparse": { testEvery: 1, closeAfter: 0 },
  cdl: { graphEvery: 1 },
  grader: { discoveryEpisodes: 1 },
};

for (const entry of methods) {
  const method = await entry.load();
  for (const [what, variables] of Object.entries(worlds)) {
    const context = {
      ...variables,
      globalGraph: () => new Uint8Array(variables.stateVariables.length * 4).fill(1),
    };
    const options = method.parseOptions(widthsOf128(method.parseOptions({ ...often[entry.id] })));
    if (method.unsupported?.(context, options)) continue;
    const create = (seed: number) =>
      method.create(context, {
        options,
        training: { learningRate: 1e-3, gradientClip: 1e9, predictionSteps: 2, updates: 4 },
        rng: new Rng(seed),
      });
    Deno.test({
      name: `${entry.id} on ${what}, restored after an update by a system BLAS, says the same${needsBlas.suffix}`,
      ignore: needsBlas.ignore,
      async fn() {
        await useBackend("wasm");
        const blas = countingBlas();
        useSystemBlas(blas);
        const unbroken = create(1);
        const noise = new RngNoise(new Rng(2));
        const batch = randomBatch(variables, { size: 48 });
        try {
          for (let update = 1; update <= 2; update++) {
            const data = { episodes: update, validationBatch: () => randomBatch(variables, { size: 48 }), transitions };
            withSystemBlas(() => lossOf(unbroken.update(batch, { noise, data })));
            const resumed = create(3);
            resumed.restore(await unbroken.state());
            assert.deepEqual(
              saidOf(unbroken, { batch, variables }),
              saidOf(resumed, { batch, variables }),
              `after update ${update}`,
            );
            resumed.dispose();
          }
          assert.ok(blas.count > 0, `the BLAS computed ${blas.count} products`);
        } finally {
          useSystemBlas(null);
          unbroken.dispose();
          disposeAll(batch);
        }
      },
    });
  }
}

function transitions() {
  const rng = new Rng(5);
  const draw = (count: number) => Float32Array.from({ length: count }, () => rng.integer(6));
  return { values: draw(300), actions: draw(100), nextValues: draw(300) };
}

/** All that a model tells of a batch in evaluation, to the bit. */
function saidOf(
  model: DynamicsModel,
  { batch, variables }: { readonly batch: WindowBatch; readonly variables: Variables },
): Record<string, readonly number[]> {
  const action = actionOf(batch);
  const { logProb, prediction } = model.evaluate(batch);
  const said = {
    predicted: predicted(model, variables, { ...batch, action }),
    logProb: take(logProb),
    prediction: take(prediction),
    graphs: isGraphModel(model) ? take(model.localGraph({ ...batch, action })) : [],
    codes: isCodebookModel(model) ? take(model.codes({ ...batch, action })) : [],
    codeGraphs: isCodebookModel(model) ? take(model.codeGraphs()) : [],
  };
  action.dispose();
  return said;
}

/** Options with no width above 128. */
function widthsOf128(value: Record<string, unknown>): Record<string, unknown> {
  const shrink = (value: unknown): unknown =>
    typeof value === "number"
      ? value > 128 && value <= 1024 ? 128 : value
      : Array.isArray(value)
      ? value.map(shrink)
      : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shrink(inner)]));
}
