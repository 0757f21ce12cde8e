import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { type NoiseSource, oneHots, ParameterSet } from "../../tensor/mod.ts";
import { defineMethod } from "../define_method.ts";
import { CdlNetwork } from "../cdl/cdl_network.ts";
import { logProbability, modeState, sampleState } from "../distribution.ts";
import type {
  GraphModel,
  Losses,
  ModelContext,
  TrainingData,
  TrainingOptions,
  WindowBatch,
} from "../dynamics_model.ts";
import { RolloutModel, type StepOutput } from "../rollout_model.ts";
import { type Factored, modelGroups, splitGroups } from "../variable_groups.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** Widths of the feature net of each pair of target and input. */
  featureWidths: z.array(width).min(1).default([128, 128]),
  /** Widths of each target's predictor after the maximum over inputs. */
  predictorWidths: z.array(width).min(1).default([128, 128]),
  /** Conditional mutual information from which on an input is a parent. */
  threshold: z.number().positive().default(0.001),
  /** τ of its moving average (Chemical 0.9, Magnetic 0.99). */
  graphDecay: z.number().min(0).lt(1).default(0.9),
  /** Updates from one graph estimate to the next; the last of them leaves the causal loss out. */
  graphEvery: z.int().positive().default(10),
});

type CdlOptions = z.output<typeof optionsSchema>;

/** A global graph by conditional independence tests, learned with the dynamics (Wang et al. 2022). */
class CdlModel extends RolloutModel<CdlNetwork> implements GraphModel {
  readonly #graphEvery: number;

  constructor(
    network: CdlNetwork,
    options: { context: ModelContext; training: TrainingOptions; method: CdlOptions },
  ) {
    super(network, {
      ...options,
      accelerate: (network) => network.acceleration(),
      hooks: {
        afterUpdate: ({ data, updates }) => {
          if (updates % this.#graphEvery === 0) this.#refreshGraph(data);
        },
      },
    });
    this.#graphEvery = options.method.graphEvery;
  }

  #refreshGraph(data: TrainingData): void {
    const validation = data.validationBatch();
    try {
      this.updateGraph(validation);
    } finally {
      tf.dispose([validation.observation, validation.actions, validation.nextObservations]);
    }
  }

  /**
   * Moves the graph's averages by what leaving each input out costs on a batch: the negative log-likelihood, averaged
   * over samples and steps, without the input less that with all.
   */
  updateGraph(batch: WindowBatch): void {
    tf.tidy(() => {
      const { stateCount, actionCount } = this.groups;
      const inputs = stateCount + actionCount;
      const full = this.#evaluationPass(batch, { mask: tf.ones([1, stateCount, inputs]), others: null });
      const columns = Array.from({ length: inputs }, (_, i) => {
        const isKept = tf.sub(1, oneHots(tf.tensor1d([i], "int32"), inputs));
        const mask = isKept.expandDims(1).tile([1, stateCount, 1]) as tf.Tensor3D;
        return this.#evaluationPass(batch, { mask, others: full.states }).nll.sub(full.nll).expandDims(1);
      });
      this.network.graph.observe(tf.concat(columns, 1) as tf.Tensor2D);
    });
  }

  localGraph(observation: tf.Tensor2D, _action: tf.Tensor2D): tf.Tensor3D {
    return tf.tidy(() => this.network.graph.scores().expandDims(0).tile([observation.shape[0], 1, 1]) as tf.Tensor3D);
  }

  /** Full, masked and causal pass side by side along the batch, so that their layers are one operation. */
  protected override trainingLoss(batch: WindowBatch, noise: NoiseSource): { losses: Losses; steps: StepOutput[] } {
    const size = batch.observation.shape[0];
    const mask = this.#trainingMasks(size, noise);
    const data = threefold(splitGroups(batch.observation, this.groups.state));
    let state = { own: data, others: data };
    const steps: StepOutput[] = [];
    const nll: tf.Tensor1D[] = [];
    for (let t = 0; t < this.steps; t++) {
      const input = { ...state, action: threefold(this.actionAt(batch, t)) };
      const isOneHot = t > 0 || this.isOneHot(batch.observation);
      const heads = this.network.predict(input, mask, { isOneHot, training: true, learnsInput: t > 0 });
      const logProb = logProbability(this.groups.state, heads, threefold(this.targetAt(batch, t)));
      nll.push(logProb.reshape([-1, 3, size]).sum(0).mean<tf.Tensor1D>(1).neg());
      steps.push({ heads });
      // Drawn after the last step too, so that recorded noise is used up in order.
      const samples = [0, 1, 2].map((pass) => {
        const part = heads.map((head) => head.slice([0, pass * size, 0], [-1, size, -1]));
        return sampleState(this.groups.state, part, noise);
      }) as [Factored, Factored, Factored];
      const [full, masked, causal] = samples;
      state = { own: joinPasses([full, masked, causal]), others: joinPasses([full, full, causal]) };
    }
    const [full, masked, causal] = tf.unstack(tf.addN(nll)) as [tf.Scalar, tf.Scalar, tf.Scalar];
    const isLeftOut = (this.updates + 1) % this.#graphEvery === 0;
    const loss = isLeftOut ? full.add(masked) : full.add(masked).add(causal);
    return { losses: { full, masked, causal, loss: loss as tf.Scalar }, steps };
  }

  /** Masks of the three training passes, float32 [3B, N, N + M]. */
  #trainingMasks(size: number, noise: NoiseSource): tf.Tensor3D {
    const { stateCount, actionCount } = this.groups;
    const inputs = stateCount + actionCount;
    const dropped = noise.integer([size, stateCount], stateCount);
    const masked = tf.sub(1, oneHots(dropped, inputs));
    const causal = this.network.graph.mask().tile([size, 1, 1]);
    return tf.concat([tf.ones([size, stateCount, inputs]), masked, causal], 0) as tf.Tensor3D;
  }

  /**
   * A rollout on most likely states in evaluation mode.
   *
   * @param options.others States by step from which a target reads all variables but its own; null for the pass' own.
   * @returns `nll` [N], averaged over samples and steps, and the states read at each step.
   */
  #evaluationPass(
    batch: WindowBatch,
    options: { mask: tf.Tensor3D; others: readonly Factored[] | null },
  ): { nll: tf.Tensor1D; states: readonly Factored[] } {
    let own = splitGroups(batch.observation, this.groups.state);
    const states: Factored[] = [];
    const logProbs: tf.Tensor1D[] = [];
    for (let t = 0; t < batch.actions.shape[1]; t++) {
      states.push(own);
      const input = { own, others: options.others?.[t] ?? own, action: this.actionAt(batch, t) };
      const isOneHot = t > 0 || this.isOneHot(batch.observation);
      const heads = this.network.predict(input, options.mask, { isOneHot, training: false, learnsInput: false });
      logProbs.push(logProbability(this.groups.state, heads, this.targetAt(batch, t)).mean(1));
      own = modeState(this.groups.state, heads);
    }
    return { nll: tf.addN(logProbs).div(-logProbs.length), states };
  }
}

/** The same for all three passes. */
function threefold(parts: Factored): Factored {
  return joinPasses([parts, parts, parts]);
}

/** Passes side by side along the batch. */
function joinPasses(passes: readonly Factored[]): Factored {
  return passes[0]!.map((_, r) => tf.concat(passes.map((pass) => pass[r]!), 1));
}

/** The model. */
export const cdl = defineMethod({
  options: optionsSchema,
  create(context, { options, training, rng }) {
    const network = new CdlNetwork(new ParameterSet(rng), {
      groups: modelGroups(context),
      featureWidths: options.featureWidths,
      predictorWidths: options.predictorWidths,
      threshold: options.threshold,
      decay: options.graphDecay,
      firstLayers: training.fast === false ? "dense" : "tables",
    });
    return new CdlModel(network, { context, training, method: options });
  },
});
