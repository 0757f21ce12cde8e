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
import type { Factored, VariableGroup } from "../variable_groups.ts";

/** One network a variable, from its encoded value to a feature of width W. */
export class VariableEncoders {
  readonly #groups: readonly VariableGroup[];
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
    options: { name: string; groups: readonly VariableGroup[]; widths: readonly number[]; isSingle: boolean },
  ) {
    const { name, groups, widths, isSingle } = options;
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    this.#groups = groups;
    this.#first = createVariableLayers(parameters, {
      name: `${name}.first`,
      groups,
      sizes: (group) => ({ inputs: group.width, outputs: widths[0]! }),
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
    const first = this.#groups.map(({ count, width }, r) =>
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
