import * as tf from "@tensorflow/tfjs";
import { logProbability } from "../distribution.ts";
import type { GatedModel, ModelContext, ModelInput, TrainingOptions, WindowBatch } from "../dynamics_model.ts";
import { splitGroups } from "../variable_groups.ts";
import { CodeModel } from "./code_model.ts";
import type { CodeInference } from "./code_inference.ts";
import type { ContextGates } from "./context_gates.ts";
import type { MaskedNetwork } from "./masked_network.ts";
import { swapVariable } from "./swap_variable.ts";

/** First steps of a batch, encoded: [B, D], [B, A], [B, D]. */
interface Transitions extends ModelInput {
  readonly nextObservation: tf.Tensor2D;
}

/** A sample that gets another code when one of its variables is swapped. */
interface Changed {
  readonly variable: number;
  readonly row: number;
  /** The code by its own value of the variable, and by another sample's. */
  readonly own: number;
  readonly other: number;
}

/** A code model that tests which variables its codes have to depend on. */
export class GatedCodeModel extends CodeModel<CodeInference> implements GatedModel {
  readonly #gates: ContextGates;
  readonly #testEvery: number;

  /**
   * @param network One whose graph inference has gates.
   * @param options.testEvery Updates from one test to the next.
   */
  constructor(
    network: MaskedNetwork<CodeInference>,
    options: { context: ModelContext; training: TrainingOptions; testEvery: number },
  ) {
    super(network, { ...options, hooks: { afterUpdate: ({ batch }) => this.#test(batch) } });
    const { gates } = network.inference;
    if (gates === null) throw new TypeError("Cannot test gates: expected graph inference with gates, got one without");
    this.#gates = gates;
    this.#testEvery = options.testEvery;
  }

  #test(batch: WindowBatch): void {
    this.#gates.count();
    if (this.#gates.updates % this.#testEvery === 0) this.#gates.observe(tf.tidy(() => this.swapEffects(batch)));
  }

  contextGates() {
    return { open: this.#gates.open(), effects: this.#gates.effects() };
  }

  /**
   * What it costs to infer codes from a wrong value of each variable, in nats a predicted variable, on a batch's first
   * steps in evaluation mode: the mean of `log p(s'_j | graph of z) - log p(s'_j | graph of z')` over samples and
   * variables j, with z a sample's own code and z' its code with the next sample's value of the variable. The
   * prediction reads the sample as it is. Only samples whose code changes are predicted. Call inside `tf.tidy`.
   *
   * @returns [N + M].
   */
  swapEffects(batch: WindowBatch): Float32Array {
    const { stateCount, actionCount } = this.groups;
    const transitions = firstSteps(batch);
    const own = this.#codes(transitions);
    const open = this.#gates.open();
    const changed = Array.from({ length: stateCount + actionCount }, (_, variable) => {
      if (open[variable] === 0) return [];
      const other = this.#codes(this.#swapped(transitions, variable));
      return Array.from(own).flatMap((code, row): Changed[] =>
        code === other[row] ? [] : [{ variable, row, own: code, other: other[row]! }]
      );
    }).flat();
    const effects = new Float32Array(stateCount + actionCount);
    if (changed.length === 0) return effects;
    const rows = tf.tensor1d(changed.map(({ row }) => row), "int32");
    const chosen = {
      ...transitions,
      observation: tf.gather(transitions.observation, rows),
      action: tf.gather(transitions.action, rows),
      nextObservation: tf.gather(transitions.nextObservation, rows),
    };
    const right = this.#logProb(chosen, changed.map((sample) => sample.own));
    const wrong = this.#logProb(chosen, changed.map((sample) => sample.other));
    changed.forEach(({ variable }, k) => effects[variable]! += (right[k]! - wrong[k]!) / batch.observation.shape[0]);
    return effects;
  }

  /** Codes in evaluation mode, [B]. */
  #codes(input: Transitions): ArrayLike<number> {
    return this.network.inference.assign(this.read(input).features).argMax(-1).dataSync();
  }

  /** Log-probability of the next state under the graphs of given codes, a mean over variables; [B]. */
  #logProb(input: Transitions, codes: readonly number[]): ArrayLike<number> {
    const assignment = tf.oneHot(tf.tensor1d([...codes], "int32"), this.codeCount, 1, 0, "int32").cast("float32");
    const masks = this.network.inference.given(assignment as tf.Tensor2D);
    const heads = this.headsUnder(this.read(input), masks);
    return logProbability(this.groups.state, heads, splitGroups(input.nextObservation, this.groups.state)).mean(0)
      .dataSync();
  }

  #swapped(transitions: Transitions, variable: number): Transitions {
    const { state, action, stateCount } = this.groups;
    return variable < stateCount
      ? { ...transitions, observation: swapVariable(transitions.observation, { groups: state, variable }) }
      : {
        ...transitions,
        action: swapVariable(transitions.action, { groups: action, variable: variable - stateCount }),
      };
  }
}

function firstSteps({ observation, actions, nextObservations, isShifted = false }: WindowBatch): Transitions {
  const first = (tensor: tf.Tensor3D) =>
    tensor.slice([0, 0, 0], [-1, 1, -1]).reshape<tf.Tensor2D>([tensor.shape[0], tensor.shape[2]]);
  return { observation, action: first(actions), nextObservation: first(nextObservations), isShifted };
}
