import * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  categoryRows,
  createStackedLinear,
  type Linear,
  type ParameterSet,
  stackedInit,
  tableMax,
  type TableMaxSlopes,
} from "../../tensor/mod.ts";
import { distinctRows } from "../distinct_rows.ts";
import { type Factored, joinGroups, type ModelGroups, type VariableGroup } from "../variable_groups.ts";

/** What the N targets read. A tensor a group [n, B, w]. */
export interface PairInput {
  /** The state whose variable j target j reads as its own. */
  readonly own: Factored;
  /** The state from which target j reads all variables but its own; may be the same tensors as `own`. */
  readonly others: Factored;
  readonly action: Factored;
}

/** Feature nets on exact one-hots: their outputs for every category, valid while no weight changes. */
export interface PairTables {
  /** float32 [N, R, H]: the rows of all state variables' categories in order, then the action variables'. */
  readonly table: tf.Tensor3D;
  /** Derivatives by state group; null in evaluation. */
  readonly slopes: readonly TableMaxSlopes[] | null;
}

interface PairGroup {
  readonly group: VariableGroup;
  readonly isState: boolean;
  /** Stacks of N·n layers, index target·n + input. */
  readonly layers: readonly Linear[];
  /** First input in a mask's columns. */
  readonly column: number;
  /** First row in a table, and first row of each variable, int32 [n, 1]; null for a continuous group. */
  readonly offset: number;
  readonly rowOffsets: tf.Tensor2D | null;
  /** 1 where target j meets its own variable, float32 [N, n, 1, 1]; null for actions. */
  readonly isOwn: tf.Tensor | null;
}

/**
 * A feature net for every pair of target and input, `Linear ReLU ... Linear`, and the element-wise maximum over the
 * inputs that a mask lets through (Wang et al. 2022, section 4.2 and the released program).
 */
export class PairFeatures {
  readonly #groups: readonly PairGroup[];
  readonly #targets: number;

  /** @param options.widths Widths of a feature net's layers. */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; widths: readonly number[] }) {
    const { groups, widths } = options;
    this.#targets = groups.stateCount;
    let offset = 0;
    const create = (kind: "state" | "action", group: VariableGroup, r: number): PairGroup => {
      const isState = kind === "state";
      const inputs = [group.width, ...widths];
      const layers = widths.map((width, k) =>
        createStackedLinear(parameters, {
          name: `feature.${kind}.${r}.${k}`,
          stack: this.#targets * group.count,
          inputs: inputs[k]!,
          outputs: width,
          init: stackedInit({ outputs: width }),
        })
      );
      const column = group.start + (isState ? 0 : groups.stateCount);
      const isOwn = isState ? ownPairs(parameters, group, groups) : null;
      const rowOffsets = group.kind === "categorical" ? rowOffsetsOf(parameters, group, offset) : null;
      const result = { group, isState, layers, column, offset, rowOffsets, isOwn };
      offset += group.count * group.width;
      return result;
    };
    this.#groups = [
      ...groups.state.map((group, r) => create("state", group, r)),
      ...groups.action.map((group, r) => create("action", group, r)),
    ];
  }

  /** Whether every variable is categorical, so that feature nets on one-hots are tables. */
  get areTables(): boolean {
    return this.#groups.every(({ group }) => group.kind === "categorical");
  }

  /**
   * Features of any input.
   *
   * @param mask 0 and 1, float32 [B or 1, N, N + M]; at least one 1 in each row.
   * @returns float32 [N, B, H]; call inside `tf.tidy`.
   */
  dense(input: PairInput, mask: tf.Tensor3D): tf.Tensor3D {
    return this.#largest(this.#groups, {
      own: [...input.own, ...input.action],
      others: [...input.others, ...input.action],
      mask,
    });
  }

  /**
   * The same in evaluation, with nets applied once to each distinct state and each distinct action: a planner asks for
   * many actions in one state. Reads the device.
   *
   * @param mask The same for all samples, float32 [1, N, N + M].
   */
  denseOfDistinct({ state, action }: { state: Factored; action: Factored }, mask: tf.Tensor3D): tf.Tensor3D {
    const [ofStates, ofActions] = tf.split(mask, [this.#targets, mask.shape[2] - this.#targets], 2) as tf.Tensor3D[];
    const largest = (groups: readonly PairGroup[], values: Factored, mask: tf.Tensor3D) => {
      const { first, place } = distinctRows(joinGroups(values));
      const distinct = values.map((value) => tf.gather(value, first, 1));
      return tf.gather(this.#largest(groups, { own: distinct, others: distinct, mask }), place, 1);
    };
    return tf.maximum(
      largest(this.#groups.filter(({ isState }) => isState), state, ofStates!),
      largest(this.#groups.filter(({ isState }) => !isState), action, ofActions!),
    );
  }

  /** Largest features of some groups, float32 [N, B, H]; -∞ where a mask lets none of them through. */
  #largest(
    groups: readonly PairGroup[],
    { own, others, mask }: { readonly own: Factored; readonly others: Factored; readonly mask: tf.Tensor3D },
  ): tf.Tensor3D {
    const parts = groups.map((pair, p) => {
      const batch = own[p]!.shape[1];
      let value: tf.Tensor = this.#pairs(pair, own[p]!, others[p]!);
      pair.layers.forEach((layer, k) => {
        value = applyLinear(value, layer, k < pair.layers.length - 1 ? "relu" : "linear");
      });
      return value.reshape([this.#targets, pair.group.count, batch, -1]);
    });
    const features = parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
    const isSeen = mask.transpose([1, 2, 0]).expandDims(3).greater(0.5);
    return tf.where(isSeen, features, tf.scalar(-Infinity)).max(1) as tf.Tensor3D;
  }

  /**
   * Tables of exact one-hots; call inside `tf.tidy`, on the tape of an update or once for many evaluations.
   *
   * @param options.training Whether gradients must reach the inputs, which needs slopes.
   */
  tables(options: { training: boolean }): PairTables {
    const parts = this.#groups.map(({ group, layers }) => {
      const [first, ...rest] = layers;
      let value: tf.Tensor = first!.weight.add(first!.bias!);
      for (const layer of rest) value = applyLinear(value.relu(), layer);
      return value.reshape([this.#targets, group.count * group.width, -1]);
    });
    return {
      table: tf.concat(parts, 1) as tf.Tensor3D,
      slopes: options.training ? this.#groups.filter(({ isState }) => isState).map(slopesOf) : null,
    };
  }

  /**
   * The same as {@link PairFeatures.dense} on exact one-hots, through tables.
   *
   * @param options.learnsInput Whether gradients must reach the state.
   */
  lookUp(
    input: PairInput,
    mask: tf.Tensor3D,
    options: { tables: PairTables; learnsInput: boolean },
  ): tf.Tensor3D {
    const { tables: { table, slopes }, learnsInput } = options;
    const rowsOf = (oneHots: Factored) =>
      tf.concat(oneHots.map((part, p) => categoryRows(part, this.#groups[p]!.rowOffsets!)), 0) as tf.Tensor2D;
    return tableMax({
      table,
      mask,
      rows: rowsOf([...input.others, ...input.action]),
      ownRows: rowsOf(input.own),
      learning: learnsInput ? input.own.map((own, r) => ({ own, others: input.others[r]!, slopes: slopes![r]! })) : [],
    });
  }

  /** Input of each pair, float32 [N·n, B, w]. */
  #pairs({ group, isOwn }: PairGroup, own: tf.Tensor3D, others: tf.Tensor3D): tf.Tensor3D {
    const [count, batch, width] = own.shape;
    const shape: [number, number, number] = [this.#targets * count, batch, width];
    if (own === others || !isOwn) return others.expandDims(0).tile([this.#targets, 1, 1, 1]).reshape(shape);
    const fromOwn = own.expandDims(0).mul(isOwn);
    const fromOthers = others.expandDims(0).mul(tf.sub(1, isOwn));
    return fromOwn.add(fromOthers).reshape([this.#targets * group.count, batch, width]);
  }
}

function ownPairs(parameters: ParameterSet, group: VariableGroup, { stateCount }: ModelGroups): tf.Tensor {
  const isOwn = Float32Array.from(
    { length: stateCount * group.count },
    (_, pair) => Math.floor(pair / group.count) === group.start + pair % group.count ? 1 : 0,
  );
  return parameters.constant(tf.tensor4d(isOwn, [stateCount, group.count, 1, 1]));
}

function rowOffsetsOf(parameters: ParameterSet, group: VariableGroup, first: number): tf.Tensor2D {
  const offsets = Array.from({ length: group.count }, (_, i) => first + i * group.width);
  return parameters.constant(tf.tensor2d(offsets, [group.count, 1], "int32"));
}

/**
 * Derivatives of a group's feature nets with respect to category k's entry at the one-hot of k'. In row k' the layers'
 * ReLUs are those of the one-hot; the product of the layers' weights follows from there.
 */
function slopesOf({ group, layers, column, offset }: PairGroup): TableMaxSlopes {
  const { width: categories } = group;
  const tensor = tf.tidy(() => {
    const [first, ...rest] = layers;
    const pairs = first!.weight.shape[0]!;
    let value: tf.Tensor = first!.weight.add(first!.bias!);
    let slope: tf.Tensor = first!.weight.expandDims(1);
    for (const layer of rest) {
      slope = slope.mul(value.greater(0).cast("float32").expandDims(2));
      const width = slope.shape[3]!;
      slope = tf.matMul(slope.reshape([pairs, categories ** 2, width]), layer.weight)
        .reshape([pairs, categories, categories, -1]);
      value = applyLinear(value.relu(), layer);
    }
    // A net of one layer has the same slope at every category.
    if (slope.shape[1] !== categories) slope = slope.tile([1, categories, 1, 1]);
    return slope.reshape([-1, group.count, categories, categories, slope.shape[3]!]);
  });
  return { tensor, column, offset };
}
