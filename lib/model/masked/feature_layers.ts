import * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  blockTable,
  chosenRows,
  createStackedLinear,
  type Linear,
  type Needed,
  type ParameterSet,
  stackedInit,
  type TableLayout,
  tableLayout,
} from "../../tensor/mod.ts";
import type { Factored, ModelGroups, VariableGroup } from "../variable_groups.ts";
import { DenseFeatures, type Features, TableFeatures } from "./features.ts";

/** A linear layer on features, and which features its targets can ever take. */
export interface FeatureLinear {
  /** Reads the weights, [J, (N + M)·H, H']; in an update, on its tape. */
  readonly weight: () => tf.Tensor3D;
  /** [J, 1, H'], or [H'] where J is 1; null for none. */
  readonly bias: tf.Variable | null;
  /** Which features each target can ever take; null for all. */
  readonly needed: Needed | null;
}

/** A layer's tables: the layer's output for every category of every categorical variable. */
export interface LayerTable {
  /** float32 [J, R, H']. */
  readonly table: tf.Tensor3D;
  /** float32 [J, Σ c², H']; null in evaluation. */
  readonly slopes: tf.Tensor3D | null;
}

/** Tables of several layers, valid while no weight changes. */
export type LayerTables = ReadonlyMap<FeatureLinear, LayerTable>;

/** One layer a variable, `relu(Wᵀx + b)` of width H, for all state and action variables. */
export class FeatureLayers {
  readonly #layers: readonly { readonly group: VariableGroup; readonly linear: Linear; readonly isState: boolean }[];
  readonly #layout: TableLayout;
  readonly #width: number;
  /** First row of each variable of a categorical group, int32 [n, 1]. */
  readonly #rowOffsets: readonly (tf.Tensor2D | null)[];

  /** @param options.width H. */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; width: number }) {
    const { groups, width } = options;
    this.#width = width;
    const create = (name: string, group: VariableGroup) =>
      createStackedLinear(parameters, {
        name,
        stack: group.count,
        inputs: group.width,
        outputs: width,
        init: stackedInit({ outputs: width }),
      });
    this.#layers = [
      ...groups.state.map((group, r) => ({ group, linear: create(`feature.state.${r}`, group), isState: true })),
      ...groups.action.map((group, r) => ({ group, linear: create(`feature.action.${r}`, group), isState: false })),
    ];
    const variables = this.#layers.flatMap(({ group, isState }) =>
      group.kind === "continuous" ? [] : Array.from({ length: group.count }, (_, i) => ({
        column: group.start + i + (isState ? 0 : groups.stateCount),
        categories: group.width,
        learnsInput: isState,
      }))
    );
    this.#layout = tableLayout(variables, { maskWidth: groups.stateCount + groups.actionCount });
    parameters.constant(this.#layout.columns);
    parameters.constant(this.#layout.spread);
    this.#rowOffsets = this.#layers.map(({ group, isState }) => {
      if (group.kind === "continuous") return null;
      const first = group.start + (isState ? 0 : groups.stateCount);
      const blocks = this.#layout.blocks.filter(({ column }) => column >= first && column < first + group.count);
      return parameters.constant(tf.tensor2d(blocks.map((block) => block.offset), [group.count, 1], "int32"));
    });
  }

  /** Whether any variable is categorical, so that tables save something. */
  get hasTables(): boolean {
    return this.#layout.blocks.length > 0;
  }

  /**
   * Features of any input, one-hot or not.
   *
   * @param state A tensor a group [n, B, w].
   * @param action A tensor a group [n, B, w].
   * @returns Features that live in the caller's tidy scope.
   */
  dense(state: Factored, action: Factored): Features {
    const inputs = [...state, ...action];
    const parts = this.#layers.map(({ linear }, l) => applyLinear(inputs[l]!, linear, "relu"));
    return new DenseFeatures(tf.concat(parts, 0) as tf.Tensor3D);
  }

  /**
   * Tables of the given layers; call inside `tf.tidy`, on the tape of an update or once for many evaluations.
   *
   * @param options.training Whether gradients must reach the inputs, which needs slopes.
   */
  tables(layers: readonly FeatureLinear[], options: { training: boolean }): LayerTables {
    const categorical = this.#layers.filter(({ group }) => group.kind === "categorical");
    const rows = tf.concat(
      categorical.map(({ group, linear }) =>
        linear.weight.add(linear.bias!).relu().reshape([group.count * group.width, this.#width])
      ),
      0,
    ) as tf.Tensor2D;
    const learning = categorical.filter(({ isState }) => isState);
    const slopeRows = options.training && learning.length > 0
      ? tf.concat(
        learning.map(({ group, linear }) => slopesOf(linear, { group, width: this.#width })),
        0,
      ) as tf.Tensor2D
      : null;
    return new Map(layers.map((layer) => {
      const common = { layout: this.#layout, needed: layer.needed };
      const weight = layer.weight();
      const table = blockTable(rows, weight, common);
      const slopes = slopeRows && blockTable(slopeRows, weight, { ...common, slopes: true });
      return [layer, { table, slopes }];
    }));
  }

  /**
   * Features of exact one-hots (and any continuous values) through tables.
   *
   * @param options.learnsInput Whether gradients must reach `state`.
   */
  lookUp(
    input: { state: Factored; action: Factored },
    options: { tables: LayerTables; learnsInput: boolean },
  ): Features {
    const inputs = [...input.state, ...input.action];
    const chosen = chosenRows(
      this.#rowOffsets.flatMap((offsets, l) => offsets ? [{ oneHot: inputs[l]!, offsets }] : []),
    );
    let first = 0;
    const groups = this.#layers.flatMap(({ group, isState }, l) => {
      if (group.kind === "continuous") return [];
      const place = { oneHot: inputs[l]!, first };
      first += group.count;
      return isState && options.learnsInput ? [place] : [];
    });
    const continuous = this.#layers.flatMap(({ group, linear, isState }, l) =>
      group.kind === "categorical" ? [] : [{
        column: group.start + (isState ? 0 : input.state.reduce((sum, part) => sum + part.shape[0], 0)),
        value: applyLinear(inputs[l]!, linear, "relu") as tf.Tensor3D,
      }]
    );
    return new TableFeatures({ layout: this.#layout, chosen, groups, continuous, tables: options.tables });
  }
}

/**
 * Slopes of a group's features along each category k while it is k': `W[k] · 1[W[k'] + b > 0]`, float32 [n·c², H] with k'
 * before k.
 */
function slopesOf(linear: Linear, options: { group: VariableGroup; width: number }): tf.Tensor2D {
  const { group: { count, width: categories }, width } = options;
  const isActive = linear.weight.add(linear.bias!).greater(0).cast("float32").expandDims(2);
  return linear.weight.expandDims(1).mul(isActive).reshape([count * categories * categories, width]);
}
