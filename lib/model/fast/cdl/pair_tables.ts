import * as tf from "@tensorflow/tfjs";
import { applyLinear, categoryRows, type ParameterSet, tableMax, type TableMaxJacobian } from "../../../tensor/mod.ts";
import type { PairFeatures, PairGroup, PairInput } from "../../cdl/pair_features.ts";
import type { Factored } from "../../variable_groups.ts";

/** CDL's feature nets on exact one-hots: their outputs for every category. */
export interface PairTable {
  /** float32 [N, R, H]: the rows of all state variables' categories in order, then the action variables'. */
  readonly table: tf.Tensor3D;
  /** Derivatives by state group; null in evaluation. */
  readonly jacobian: readonly TableMaxJacobian[] | null;
}

/** A group and its first row in a table. */
interface PlacedGroup extends PairGroup {
  readonly offset: number;
}

/** Makes such tables of networks whose variables are all categorical, and looks rows up. */
export class PairTables {
  readonly #groups: readonly PlacedGroup[];
  /** First row of each variable, int32 [n, 1]; a tensor a group. */
  readonly #rowOffsets: readonly tf.Tensor2D[];
  readonly #targets: number;

  /** @param parameters Owns the tensors. */
  constructor(parameters: ParameterSet, features: PairFeatures) {
    this.#targets = features.targets;
    let offset = 0;
    this.#groups = features.groups.map((pair) => {
      const placed = { ...pair, offset };
      offset += pair.group.count * pair.group.width;
      return placed;
    });
    this.#rowOffsets = this.#groups.map(({ group: { count, width }, offset }) => {
      const offsets = Array.from({ length: count }, (_, i) => offset + i * width);
      return parameters.constant(tf.tensor2d(offsets, [count, 1], "int32"));
    });
  }

  /**
   * Call inside `tf.tidy`, on the tape of an update or once for many evaluations.
   *
   * @param options.training Whether gradients must reach the inputs, which needs Jacobians.
   */
  make(options: { training: boolean }): PairTable {
    const parts = this.#groups.map(({ group, layers }) => {
      const [first, ...rest] = layers;
      let value: tf.Tensor = first!.weight.add(first!.bias!);
      for (const layer of rest) value = applyLinear(value.relu(), layer);
      return value.reshape<tf.Tensor3D>([this.#targets, group.count * group.width, -1]);
    });
    return {
      table: tf.concat(parts, 1),
      jacobian: options.training ? this.#groups.filter(({ isState }) => isState).map(jacobianOf) : null,
    };
  }

  /**
   * The same as {@link PairFeatures.of} on exact one-hots.
   *
   * @param options.learnsInput Whether gradients must reach the state.
   */
  lookUp(
    { own, others, action }: PairInput,
    mask: tf.Tensor3D,
    { made: { table, jacobian }, learnsInput }: { made: PairTable; learnsInput: boolean },
  ): tf.Tensor3D {
    const rowsOf = (oneHots: Factored): tf.Tensor2D =>
      tf.concat(oneHots.map((part, p) => categoryRows(part, this.#rowOffsets[p]!)), 0);
    return tableMax({
      table,
      mask,
      rows: rowsOf([...others, ...action]),
      ownRows: rowsOf(own),
      learning: learnsInput ? own.map((own, r) => ({ own, others: others[r]!, jacobian: jacobian![r]! })) : [],
    });
  }
}

/**
 * Derivatives of a group's feature nets with respect to category k's entry at the one-hot of k'. In row k' the layers'
 * ReLUs are those of the one-hot; the product of the layers' weights follows from there.
 */
function jacobianOf({ group, layers, column, offset }: PlacedGroup): TableMaxJacobian {
  const { width: categories } = group;
  const tensor = tf.tidy(() => {
    const [first, ...rest] = layers;
    const pairs = first!.weight.shape[0]!;
    let value: tf.Tensor = first!.weight.add(first!.bias!);
    let jacobian: tf.Tensor = first!.weight.expandDims(1);
    for (const layer of rest) {
      jacobian = jacobian.mul(value.greater(0).cast("float32").expandDims(2));
      const width = jacobian.shape[3]!;
      jacobian = tf.matMul(jacobian.reshape([pairs, categories ** 2, width]), layer.weight)
        .reshape([pairs, categories, categories, -1]);
      value = applyLinear(value.relu(), layer);
    }
    // A net of one layer has the same Jacobian at every category.
    if (jacobian.shape[1] !== categories) jacobian = jacobian.tile([1, categories, 1, 1]);
    return jacobian.reshape([-1, group.count, categories, categories, jacobian.shape[3]!]);
  });
  return { tensor, column, offset };
}
