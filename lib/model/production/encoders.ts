import * as tf from "@tensorflow/tfjs";
import { applyLinear, createStackedLinear, type Linear, outputInit, stackedInit } from "../../tensor/layers.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { Factored, VariableRun } from "../variable_runs.ts";

/** One network a variable, from its encoded value to a feature of width W. */
export class VariableEncoders {
  readonly #first: readonly Linear[];
  readonly #further: readonly Linear[];

  /**
   * @param options.name Prefix of the parameters' names.
   * @param options.widths Widths of all layers, with ReLU between them.
   * @param options.isSingle Whether the published program holds these variables' layers as single ones, which sets
   *   their start values.
   */
  constructor(
    parameters: ParameterSet,
    options: { name: string; runs: readonly VariableRun[]; widths: readonly number[]; isSingle: boolean },
  ) {
    const { name, runs, widths, isSingle } = options;
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    this.#first = runs.map((run, r) =>
      createStackedLinear(parameters, {
        name: `${name}.first.${r}`,
        stack: run.count,
        inputs: run.width,
        outputs: widths[0]!,
        init: outputInit({ inputs: run.width, outputs: widths[0]! }),
      })
    );
    this.#further = widths.slice(1).map((outputs, k) =>
      createStackedLinear(parameters, {
        name: `${name}.${k}`,
        stack: count,
        inputs: widths[k]!,
        outputs,
        init: isSingle ? outputInit({ inputs: widths[k]!, outputs }) : stackedInit({ outputs }),
      })
    );
  }

  /** Features [n, B, W] of all variables; call inside `tf.tidy`. */
  apply(values: Factored): tf.Tensor3D {
    const parts = values.map((value, r) =>
      applyLinear(value, this.#first[r]!, this.#further.length > 0 ? "relu" : "linear")
    );
    let hidden: tf.Tensor = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
    const last = this.#further.length - 1;
    this.#further.forEach((layer, k) => hidden = applyLinear(hidden, layer, k < last ? "relu" : "linear"));
    return hidden as tf.Tensor3D;
  }
}
