import * as tf from "@tensorflow/tfjs";
import { applyLinear, createStackedLinear, type Linear, stackedInit } from "../../tensor/layers.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { Factored, ModelRuns } from "../variable_runs.ts";

/** One layer a variable, `relu(Wᵀx + b)` of width H, for all state and action variables. */
export class FeatureLayers {
  readonly #state: readonly Linear[];
  readonly #action: readonly Linear[];

  /** @param options.width H. */
  constructor(parameters: ParameterSet, options: { runs: ModelRuns; width: number }) {
    const { runs, width } = options;
    const create = (name: string, run: { count: number; width: number }) =>
      createStackedLinear(parameters, {
        name,
        stack: run.count,
        inputs: run.width,
        outputs: width,
        init: stackedInit({ outputs: width }),
      });
    this.#state = runs.state.map((run, r) => create(`feature.state.${r}`, run));
    this.#action = runs.action.map((run, r) => create(`feature.action.${r}`, run));
  }

  /**
   * @param state A tensor a run [n, B, w].
   * @param action A tensor a run [n, B, w].
   * @returns float32 [N + M, B, H], state variables first; call inside `tf.tidy`.
   */
  apply(state: Factored, action: Factored): tf.Tensor3D {
    const parts = [
      ...state.map((part, r) => applyLinear(part, this.#state[r]!, "relu")),
      ...action.map((part, r) => applyLinear(part, this.#action[r]!, "relu")),
    ];
    return tf.concat(parts, 0) as tf.Tensor3D;
  }
}
