import * as tf from "@tensorflow/tfjs";
import { type NoiseSource, oneHots } from "../../tensor/mod.ts";
import { logProbability, modeState, sampleState } from "../distribution.ts";
import type { GraphModel, Losses, ModelInput, TrainingData, WindowBatch } from "../dynamics_model.ts";
import type { CdlAcceleration } from "../fast/cdl.ts";
import { RolloutModel, type RolloutOptions } from "../rollout_model.ts";
import type { StepOutput } from "../step_network.ts";
import { type Factored, splitGroups } from "../variable_groups.ts";
import type { CdlNetwork } from "./cdl_network.ts";
import type { PairInput } from "./pair_features.ts";

/**
 * A global graph by conditional independence tests, learned with the dynamics (Wang et al. 2022). An update minimises the
 * negative log-likelihoods of three passes: under all inputs, with one input a target left out, and under the graph.
 */
export class CdlModel extends RolloutModel<CdlNetwork, CdlAcceleration> implements GraphModel {
  readonly #graphEvery: number;

  /** @param options.graphEvery Updates from one graph estimate to the next; the last of them leaves the causal loss out. */
  constructor(
    network: CdlNetwork,
    { graphEvery, ...options }: RolloutOptions<CdlNetwork, CdlAcceleration> & { readonly graphEvery: number },
  ) {
    super(network, {
      ...options,
      hooks: {
        afterUpdate: ({ data, updates }) => {
          if (updates % graphEvery === 0) this.#refreshGraph(data);
        },
      },
    });
    this.#graphEvery = graphEvery;
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

  localGraph({ observation }: ModelInput): tf.Tensor3D {
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
      const heads = this.#predict(input, mask, { t, batch, training: true });
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

  #predict(
    input: PairInput,
    mask: tf.Tensor3D,
    { t, batch, training }: { readonly t: number; readonly batch: WindowBatch; readonly training: boolean },
  ): Factored {
    if (!this.fast) return this.network.predict(input, mask);
    return this.fast.predict(input, mask, { ...this.factsAt(t, batch, { training }), training });
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
      const heads = this.#predict(input, options.mask, { t, batch, training: false });
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
