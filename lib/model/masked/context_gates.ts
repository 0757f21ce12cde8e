import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";

/** How gates are tested and closed. */
export interface ContextGateOptions {
  /** N and M. */
  readonly stateCount: number;
  readonly actionCount: number;
  /** Updates before the first gate may close. */
  readonly closeAfter: number;
  /** An open gate's effect is at least this share of the largest among state, or among action variables. */
  readonly threshold: number;
  /** It is at least this share of the largest of all, too. */
  readonly floor: number;
}

/** Weight of a new test in the average of the tests before it, once there are enough of them. */
const LEAST_STEP = 0.05;

/**
 * Which state and action variables an encoder reads: a gate each, open at first. A variable's *effect* is what it
 * costs, in nats a predicted variable, to infer a sample's code from another sample's value of it; from some update on
 * only gates of variables with an effect stay open.
 *
 * Effects are moving averages that start as plain means: a test moves its variable's by the larger of 1/n and
 * {@link LEAST_STEP}. Everything is kept in statistics of the parameter set, so that a restored model goes on as it was.
 */
export class ContextGates {
  readonly #options: ContextGateOptions;
  readonly #open: tf.Variable;
  readonly #effects: tf.Variable;
  readonly #tests: tf.Variable;
  readonly #updates: tf.Variable;

  /** @param parameters Owns the statistics. */
  constructor(parameters: ParameterSet, options: ContextGateOptions) {
    this.#options = options;
    const variables = options.stateCount + options.actionCount;
    const create = (name: string, { size, value }: { size: number; value: number }) =>
      parameters.statistic(name, { shape: [size], init: { kind: "constant", value } });
    this.#open = create("gates.open", { size: variables, value: 1 });
    this.#effects = create("gates.effects", { size: variables, value: 0 });
    this.#tests = create("gates.tests", { size: 1, value: 0 });
    this.#updates = create("gates.updates", { size: 1, value: 0 });
  }

  /** Updates counted so far. */
  get updates(): number {
    return this.#updates.dataSync()[0]!;
  }

  /** Effect of each variable in nats, [N + M]; a copy. */
  effects(): Float32Array {
    return this.#effects.dataSync<"float32">().slice();
  }

  /** 1 where a gate is open, [N + M]; a copy. */
  open(): Float32Array {
    return this.#open.dataSync<"float32">().slice();
  }

  /**
   * What samples read; call inside `tf.tidy`.
   *
   * @returns float32 [B, 1, N + M] of 0 and 1; null where all is read.
   */
  mask(batch: number): tf.Tensor3D | null {
    const open = this.open();
    if (open.every((gate) => gate === 1)) return null;
    return tf.tensor3d(open, [1, 1, open.length]).tile([batch, 1, 1]);
  }

  /** Counts an update. */
  count(): void {
    assign(this.#updates, Float32Array.of(this.updates + 1));
  }

  /** Takes in what a test gave, the effect of each variable in nats, [N + M]; then closes gates if it is time to. */
  observe(found: Float32Array): void {
    const tests = this.#tests.dataSync()[0]! + 1;
    const step = Math.max(LEAST_STEP, 1 / tests);
    const effects = this.effects();
    found.forEach((effect, i) => effects[i]! += step * (effect - effects[i]!));
    assign(this.#tests, Float32Array.of(tests));
    assign(this.#effects, effects);
    if (this.updates >= this.#options.closeAfter) this.#close(effects);
  }

  #close(effects: Float32Array): void {
    const open = this.open();
    const { stateCount, threshold, floor } = this.#options;
    const read = effects.map((effect, i) => effect * open[i]!);
    const ofStates = largest(read.subarray(0, stateCount));
    const ofActions = largest(read.subarray(stateCount));
    const least = floor * Math.max(ofStates, ofActions);
    effects.forEach((effect, i) => {
      if (effect < Math.max(threshold * (i < stateCount ? ofStates : ofActions), least)) open[i] = 0;
    });
    assign(this.#open, open);
  }
}

/** The largest effect, 0 where none is above it. */
function largest(effects: Float32Array): number {
  return effects.reduce((most, effect) => Math.max(most, effect), 0);
}

function assign(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor1d(values);
  variable.assign(tensor);
  tensor.dispose();
}
