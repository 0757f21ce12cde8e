import type * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  applyToTable,
  type CategoryTable,
  createStackedLinear,
  identityTable,
  joinTables,
  type Linear,
  outputInit,
  type ParameterSet,
  stackedInit,
} from "../../tensor/mod.ts";
import { applyToValues, createVariableLayers } from "../variable_layers.ts";
import type { Factored, VariableRun } from "../variable_runs.ts";

/** One network a variable, from its encoded value to a feature of width W. */
export class VariableEncoders {
  readonly #runs: readonly VariableRun[];
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
    this.#runs = runs;
    this.#first = createVariableLayers(parameters, {
      name: `${name}.first`,
      runs,
      sizes: (run) => ({ inputs: run.width, outputs: widths[0]! }),
      init: outputInit,
    });
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
    return this.#further.reduce<tf.Tensor>(
      (hidden, layer, k) => applyLinear(hidden, layer, this.#activation(k + 1)),
      applyToValues(values, this.#first, this.#activation(0)),
    ) as tf.Tensor3D;
  }

  /** Features of all variables by category, all of which are categorical; call inside `tf.tidy`. */
  table(options: { withSlopes: boolean }): CategoryTable {
    const first = this.#runs.map(({ count, width }, r) =>
      applyToTable(identityTable({ count, categories: width, ...options }), this.#first[r]!, {
        activation: this.#activation(0),
      })
    );
    return this.#further.reduce(
      (hidden, layer, k) => applyToTable(hidden, layer, { activation: this.#activation(k + 1) }),
      joinTables(first),
    );
  }

  #activation(layer: number): "relu" | "linear" {
    return layer < this.#further.length ? "relu" : "linear";
  }
}
