import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../../lib/core/rng.ts";
import { isCodebookModel, type MethodModule } from "../../../lib/model/dynamics_model.ts";
import { drawMask } from "../../../lib/model/masked/draw_mask.ts";
import type { Features } from "../../../lib/model/masked/features.ts";
import { GraphLogits } from "../../../lib/model/masked/graph_logits.ts";
import type { GraphInference, InferenceInput } from "../../../lib/model/masked/graph_inference.ts";
import { createMaskedNetwork, MaskedModel } from "../../../lib/model/masked/masked_model.ts";
import { fcdl } from "../../../lib/model/methods/fcdl.ts";
import { fcdlGumbel } from "../../../lib/model/methods/fcdl_gumbel.ts";
import { fcdlKmeans } from "../../../lib/model/methods/fcdl_kmeans.ts";
import { fixedGraph } from "../../../lib/model/methods/fixed_graph.ts";
import { ParameterSet, RngNoise, useBackend } from "../../../lib/tensor/mod.ts";
import { modelContract } from "../../contracts/model_contract.ts";
import { actionOf, disposeAll, smallOptions, take, Trial } from "../../contracts/model_trial.ts";
import { type ToyProblem, toyProblems } from "../../contracts/toy_problems.ts";
import { assertClose } from "../../tensor/numeric.ts";

const [categorical, mixed] = toyProblems as [ToyProblem, ToyProblem];

/** A method with one code unless another number is asked for. */
function withOneCode(method: MethodModule): MethodModule {
  const parseOptions = (options: unknown) =>
    method.parseOptions(typeof options === "object" && options !== null ? { codes: 1, ...options } : options);
  return { ...method, parseOptions };
}

await modelContract({ id: "fcdl with one code", label: "one", load: () => Promise.resolve(withOneCode(fcdl)) });

const methods = { fcdl, "fcdl-kmeans": fcdlKmeans, "fcdl-gumbel": fcdlGumbel };

for (const [id, method] of Object.entries(methods)) {
  Deno.test(`${id} with one code trains with the gradients of a graph that is given, on wasm as on cpu`, async () => {
    for (const problem of toyProblems) {
      const graph = problem === mixed ? { graph: "full" } : {};
      const losses: number[][] = [];
      for (const backend of ["wasm", "cpu"] as const) {
        await useBackend(backend);
        const options = { ...smallOptions(withOneCode(method)), ...graph };
        const trial = new Trial({ method, problem, options });
        losses.push(trial.train(8));
        trial.model.dispose();
        const norm = gradientNorm(method, { problem, options });
        const given = gradientNorm(fixedGraph, { problem, options: { ...smallOptions(fixedGraph), graph: "all" } });
        assert.ok(norm < 5 * given, `${problem.name} on ${backend}: gradient norm ${norm}, with all edges ${given}`);
      }
      assertClose(losses[0]!, losses[1]!, { tolerance: 1e-3, what: `losses on ${problem.name}` });
    }
  });
}

/** Norm of the gradients of the 20th update. */
function gradientNorm(
  method: MethodModule,
  { problem, options }: { readonly problem: ToyProblem; readonly options: Record<string, unknown> },
): number {
  const trial = new Trial({ method, problem, options });
  trial.train(19);
  const batch = problem.batch(32, { steps: 2, rng: new Rng(4) });
  const losses = trial.model.update(batch, {
    noise: new RngNoise(new Rng(5)),
    data: { episodes: 1, validationBatch: () => batch, transitions: () => problem.transitions(new Rng(6)) },
  });
  const norm = losses.gradient_norm!.dataSync()[0]!;
  disposeAll(losses);
  disposeAll(batch);
  trial.model.dispose();
  return norm;
}

/** A graph whose free logits are a tensor of the parameter set: one learned mask, written down plainly. */
class LearnedMask implements GraphInference {
  readonly labelWidth = 0;
  readonly featureLayers = [];
  readonly possible = null;
  readonly #logits: GraphLogits;
  readonly #free: tf.Variable;

  constructor(parameters: ParameterSet, options: ConstructorParameters<typeof GraphLogits>[1]) {
    this.#logits = new GraphLogits(parameters, options);
    const shape = [1, this.#logits.freeCount];
    this.#free = parameters.parameter("mask.logits", { shape, init: { kind: "normal" } });
  }

  masks({ batch }: Features, { noise }: InferenceInput) {
    const logits = this.#logits.place(this.#free as tf.Tensor as tf.Tensor2D);
    const { mask, probabilities } = drawMask(tf.concat(Array(batch).fill(logits), 0) as tf.Tensor3D, noise);
    const sparsity = { value: probabilities.mean() as tf.Scalar, weight: 0.5 };
    return { mask, probabilities, label: null, penalties: { sparsity }, trace: {} };
  }
}

for (const backend of ["wasm", "cpu"] as const) {
  Deno.test(`fcdl with one code is a predictor under one learned mask, given the same noise, on ${backend}`, async () => {
    await useBackend(backend);
    const training = { learningRate: 1e-3, gradientClip: 1e9, predictionSteps: 2 };
    const sizes = { featureWidth: 8, predictorWidths: [8] };
    const { context } = categorical;
    const one = fcdl.create(context, {
      options: fcdl.parseOptions({ ...sizes, codes: 1, decoderWidths: [4], sparsity: 0.5 }),
      training,
      rng: new Rng(1),
    });
    assert.ok(one instanceof MaskedModel && isCodebookModel(one));
    const network = createMaskedNetwork(context, {
      ...sizes,
      given: { options: {}, training, rng: new Rng(2) },
      createInference: (parameters, runs) => new LearnedMask(parameters, { form: "triangular", ...runs }),
    });
    const plain = new MaskedModel(network, { context, training });

    // The same predictor and the same graph.
    const ours = await one.state();
    const theirs = await plain.state();
    const graph = take(one.codeGraphs());
    const free = graph.flatMap((p, k) => k % 5 < Math.floor(k / 5) ? [Math.log(p / (1 - p))] : []);
    const shared = Object.keys(theirs).filter((name) => /^(feature|predictor|head)/.test(name));
    plain.restore({
      ...theirs,
      ...Object.fromEntries(shared.map((name) => [name, ours[name]!])),
      "mask.logits": { shape: [1, free.length], data: Float32Array.from(free) },
    });

    const batch = categorical.batch(16, { steps: 2, rng: new Rng(3) });
    const results = [one, plain].map((model) => model.gradients(batch, new RngNoise(new Rng(4))));
    const [a, b] = results as [typeof results[number], typeof results[number]];
    for (const name of ["prediction", "sparsity", "loss"] as const) {
      assertClose(a.losses[name]!.dataSync(), b.losses[name]!.dataSync(), { tolerance: 1e-5, what: name });
    }
    const gradientOf = (
      model: MaskedModel,
      result: typeof a,
      name: string,
    ) => [...result.gradients[model.parameterNames.indexOf(name)]!.dataSync()];
    for (const name of shared) {
      assertClose(gradientOf(one, a, name), gradientOf(plain, b, name), { tolerance: 1e-5, what: name });
    }
    // The decoder's last bias is added to the logits, so its gradient is theirs.
    const bias = gradientOf(one, a, "decoder.out.bias");
    assertClose(bias, gradientOf(plain, b, "mask.logits"), { tolerance: 1e-5, what: "gradient of the graph" });
    assert.ok(bias.some((value) => value !== 0));

    // Evaluation has the graph of training, for every sample.
    const action = actionOf(batch);
    assert.deepEqual(take(one.localGraph({ ...batch, action })), Array(16).fill(graph).flat());
    assert.deepEqual(take(one.codes({ ...batch, action })), Array(16).fill(0));
    for (const result of results) {
      disposeAll(result.losses);
      tf.dispose(result.gradients.filter((gradient) => gradient !== null));
    }
    action.dispose();
    disposeAll(batch);
    one.dispose();
    plain.dispose();
  });
}

Deno.test("fcdl with one code finds the edges that predict and drops others", async () => {
  await useBackend("wasm");
  const options = { ...smallOptions(fcdl), codes: 1, sparsity: 0.02 };
  const trial = new Trial({ method: fcdl, problem: categorical, options, learningRate: 3e-3 });
  trial.train(400);
  assert.ok(isCodebookModel(trial.model));
  const graph = take(trial.model.codeGraphs());
  const truth = categorical.context.globalGraph();
  // Below the diagonal of the state's columns: what is learned.
  graph.forEach((p, k) => {
    if (k % 5 >= Math.floor(k / 5)) return;
    assert.equal(p > 0.5 ? 1 : 0, truth[k], `edge ${k % 5} to ${Math.floor(k / 5)}: ${p}`);
  });
  trial.model.dispose();
});
