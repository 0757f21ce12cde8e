import * as tf from "@tensorflow/tfjs";
import { applyLinear, createStackedLinear, type Linear, outputInit, stackedInit } from "../../tensor/layers.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import { type Factored, headWidth, type ModelRuns } from "../variable_runs.ts";

/**
 * Predicts each next-state variable from the features that its row of a mask lets through. Every target j has its
 * own weights: a Linear on the masked features of width (N + M)·H, hidden layers, and a head a run of variables.
 */
export class MaskedPredictor {
  readonly #runs: ModelRuns;
  readonly #hidden: readonly Linear[];
  readonly #heads: readonly Linear[];

  /**
   * @param options.featureWidth H.
   * @param options.widths Widths of all layers after the mask, each followed by ReLU.
   * @param options.labelWidth Columns appended to the masked features, 0 for none.
   */
  constructor(
    parameters: ParameterSet,
    options: { runs: ModelRuns; featureWidth: number; widths: readonly number[]; labelWidth: number },
  ) {
    const { runs, featureWidth, widths, labelWidth } = options;
    this.#runs = runs;
    const inputs = [(runs.stateCount + runs.actionCount) * featureWidth + labelWidth, ...widths];
    this.#hidden = widths.map((width, k) =>
      createStackedLinear(parameters, {
        name: `predictor.${k}`,
        stack: runs.stateCount,
        inputs: inputs[k]!,
        outputs: width,
        init: stackedInit({ outputs: width }),
      })
    );
    this.#heads = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: run.count,
        inputs: inputs.at(-1)!,
        outputs: headWidth(run),
        init: outputInit({ inputs: inputs.at(-1)!, outputs: headWidth(run) }),
      })
    );
  }

  /**
   * @param features float32 [N + M, B, H].
   * @param mask float32 [B, N, N + M].
   * @param label float32 [N, B, X] or [1, B, X], appended to every target's input; null for none.
   * @returns Distribution parameters, a tensor a run; call inside `tf.tidy`.
   */
  apply(features: tf.Tensor3D, mask: tf.Tensor3D, label: tf.Tensor3D | null): Factored {
    const [inputs, batch, width] = features.shape;
    const targets = this.#runs.stateCount;
    const masked = features.transpose([1, 0, 2]).expandDims(0)
      .mul(mask.transpose([1, 0, 2]).expandDims(3))
      .reshape([targets, batch, inputs * width]);
    const labels = label && (label.shape[0] === 1 ? label.tile([targets, 1, 1]) : label);
    let hidden: tf.Tensor = labels ? tf.concat([masked, labels], 2) : masked;
    for (const layer of this.#hidden) hidden = applyLinear(hidden, layer, "relu");
    return this.#runs.state.map((run, r) => {
      const part = this.#runs.state.length === 1
        ? hidden
        : hidden.slice([run.start, 0, 0], [run.count, batch, hidden.shape[2]!]);
      return applyLinear(part, this.#heads[r]!) as tf.Tensor3D;
    });
  }
}
