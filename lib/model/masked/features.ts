import * as tf from "@tensorflow/tfjs";
import { type ChosenRows, type TableLayout, tableSum } from "../../tensor/mod.ts";
import type { FeatureLinear, LayerTables } from "./feature_layers.ts";

/** The features of a batch, width H a variable, as the first layers of encoder and predictor use them. */
export interface Features {
  /** B. */
  readonly batch: number;
  /**
   * `Σ_i m_ji · f_i · A_ji + bias_j` for each target j of a layer with weights A [J, (N + M)·H, H'].
   *
   * @param mask float32 [B, J, N + M]; null for ones.
   * @returns float32 [J, B, H']; call inside `tf.tidy`.
   */
  linear(layer: FeatureLinear, mask: tf.Tensor3D | null): tf.Tensor3D;
}

/** Features as numbers; the plain reference, right for any input. */
export class DenseFeatures implements Features {
  readonly #value: tf.Tensor3D;

  /** @param value float32 [N + M, B, H]. */
  constructor(value: tf.Tensor3D) {
    this.#value = value;
  }

  get batch(): number {
    return this.#value.shape[1];
  }

  linear(layer: FeatureLinear, mask: tf.Tensor3D | null): tf.Tensor3D {
    const weight = layer.weight();
    const product: tf.Tensor = tf.matMul(maskedInputs(this.#value, { targets: weight.shape[0], mask }), weight);
    return (layer.bias ? product.add(layer.bias) : product) as tf.Tensor3D;
  }
}

/** Features of exact one-hots as rows of tables; continuous variables the dense way beside them. */
export class TableFeatures implements Features {
  readonly #parts: {
    readonly layout: TableLayout;
    readonly chosen: ChosenRows;
    readonly groups: readonly { readonly oneHot: tf.Tensor3D; readonly first: number }[];
    readonly continuous: readonly { readonly column: number; readonly value: tf.Tensor3D }[];
    readonly tables: LayerTables;
  };

  /**
   * @param parts.chosen Row of each categorical variable in the tables.
   * @param parts.groups One-hots that gradients must reach.
   * @param parts.continuous Features [n, B, H] of neighbouring continuous variables from mask column `column` on.
   */
  constructor(parts: TableFeatures["parts"]) {
    this.#parts = parts;
  }

  /** The constructor's argument, for its type. */
  get parts() {
    return this.#parts;
  }

  get batch(): number {
    return this.#parts.chosen.batch;
  }

  linear(layer: FeatureLinear, mask: tf.Tensor3D | null): tf.Tensor3D {
    const { layout, chosen, groups, continuous, tables } = this.#parts;
    const found = tables.get(layer);
    if (!found) throw new RangeError("Cannot look a layer up: it has no tables, expected one of the prepared layers");
    const { bias, needed } = layer;
    let sum = tableSum({ layout, needed, chosen, mask, bias, inputs: groups, ...found });
    if (continuous.length === 0) return sum;
    const weights = layer.weight();
    const [targets, , outputs] = weights.shape;
    for (const { column, value } of continuous) {
      const [count, , width] = value.shape;
      const part = mask && mask.slice([0, 0, column], [this.batch, targets, count]) as tf.Tensor3D;
      const weight = weights.slice([0, column * width, 0], [targets, count * width, outputs]);
      sum = sum.add(tf.matMul(maskedInputs(value, { targets, mask: part }), weight));
    }
    return sum;
  }
}

/** Features [n, B, H] times mask [B, J, n], side by side: [J, B, n·H]. */
function maskedInputs(value: tf.Tensor3D, options: { targets: number; mask: tf.Tensor3D | null }): tf.Tensor3D {
  const [count, batch, width] = value.shape;
  const rows = value.transpose([1, 0, 2]).expandDims(0);
  if (!options.mask) return rows.tile([options.targets, 1, 1, 1]).reshape([options.targets, batch, count * width]);
  return rows.mul(options.mask.transpose([1, 0, 2]).expandDims(3)).reshape([options.targets, batch, count * width]);
}
