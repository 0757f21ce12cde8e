import * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  blockTable,
  chosenRows,
  type Linear,
  type Needed,
  type ParameterSet,
  type TableLayout,
  tableLayout,
  tableSum,
} from "../../../tensor/mod.ts";
import { type FeatureLayers, type FeatureLinear, type Features, maskedInputs } from "../../masked/features.ts";
import type { StepInput } from "../../step_network.ts";
import type { ModelGroups, VariableGroup } from "../../variable_groups.ts";

/** A layer's tables: the layer's output for every category of every categorical variable. */
export interface LayerTable {
  /** float32 [J, R, H']. */
  readonly table: tf.Tensor3D;
  /** float32 [J, Σ c², H']; null in evaluation. */
  readonly jacobian: tf.Tensor3D | null;
  readonly needed: Needed | null;
}

/** Tables of several layers on features. */
export type LayerTables = ReadonlyMap<FeatureLinear, LayerTable>;

/** A group's feature layer. */
interface GroupLayer {
  readonly group: VariableGroup;
  readonly linear: Linear<tf.Rank.R3>;
  readonly isState: boolean;
  /** First column in a mask. */
  readonly column: number;
}

/** Makes tables of layers on features, and looks exact one-hots up in them; continuous values go the plain way. */
export class FeatureTables {
  readonly #layers: readonly GroupLayer[];
  readonly #layout: TableLayout;
  /** H. */
  readonly #width: number;
  /** First row of each variable of a categorical group, int32 [n, 1]. */
  readonly #rowOffsets: readonly (tf.Tensor2D | null)[];

  /** @param parameters Owns the tensors. */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; features: FeatureLayers }) {
    const { groups, features } = options;
    this.#width = features.width;
    const layer = (kind: "state" | "action") =>
      features[kind].map((linear, g): GroupLayer => {
        const group = groups[kind][g]!;
        const isState = kind === "state";
        return { group, linear, isState, column: group.start + (isState ? 0 : groups.stateCount) };
      });
    this.#layers = [...layer("state"), ...layer("action")];
    const variables = this.#layers.flatMap(({ group, isState, column }) =>
      group.kind === "continuous" ? [] : Array.from({ length: group.count }, (_, i) => ({
        column: column + i,
        categories: group.width,
        learnsInput: isState,
      }))
    );
    this.#layout = tableLayout(variables, { maskWidth: groups.stateCount + groups.actionCount });
    parameters.constant(this.#layout.columns);
    parameters.constant(this.#layout.spread);
    this.#rowOffsets = this.#layers.map(({ group, column: first }) => {
      if (group.kind === "continuous") return null;
      const blocks = this.#layout.blocks.filter(({ column }) => column >= first && column < first + group.count);
      return parameters.constant(tf.tensor2d(blocks.map((block) => block.offset), [group.count, 1], "int32"));
    });
  }

  /** Whether tables save something: any variable is categorical. */
  static serve({ state, action }: ModelGroups): boolean {
    return [...state, ...action].some(({ kind }) => kind === "categorical");
  }

  /**
   * Tables of the given layers; call inside `tf.tidy`, on the tape of an update or once for many evaluations.
   *
   * @param options.training Whether gradients must reach the inputs, which needs Jacobians.
   */
  make(layers: ReadonlyMap<FeatureLinear, Needed | null>, options: { training: boolean }): LayerTables {
    const width = this.#width;
    const categorical = this.#layers.filter(({ group }) => group.kind === "categorical");
    const rows: tf.Tensor2D = tf.concat(
      categorical.map(({ group, linear }) =>
        linear.weight.add(linear.bias!).relu().reshape<tf.Tensor2D>([group.count * group.width, width])
      ),
      0,
    );
    const learning = categorical.filter(({ isState }) => isState);
    const jacobianRows: tf.Tensor2D | null = options.training && learning.length > 0
      ? tf.concat(learning.map((layer) => jacobianOf(layer, width)), 0)
      : null;
    return new Map(Array.from(layers, ([layer, needed]) => {
      const common = { layout: this.#layout, needed };
      const weight = layer.weight();
      const table = blockTable(rows, weight, common);
      const jacobian = jacobianRows && blockTable(jacobianRows, weight, { ...common, jacobian: true });
      return [layer, { table, jacobian, needed }];
    }));
  }

  /**
   * Features of exact one-hots (and any continuous values) through tables.
   *
   * @param options.learnsInput Whether gradients must reach `state`.
   */
  features(
    { state, action }: Pick<StepInput, "state" | "action">,
    { tables, learnsInput }: { tables: LayerTables; learnsInput: boolean },
  ): Features {
    const layout = this.#layout;
    const values = [...state, ...action];
    const chosen = chosenRows(
      this.#rowOffsets.flatMap((offsets, l) => offsets ? [{ oneHot: values[l]!, offsets }] : []),
    );
    let first = 0;
    const inputs = this.#layers.flatMap(({ group, isState }, l) => {
      if (group.kind === "continuous") return [];
      const place = { oneHot: values[l]!, first };
      first += group.count;
      return isState && learnsInput ? [place] : [];
    });
    const continuous = this.#layers.flatMap(({ group, linear, column }, l) =>
      group.kind === "categorical" ? [] : [{ column, value: applyLinear(values[l]!, linear, "relu") as tf.Tensor3D }]
    );
    return {
      batch: chosen.batch,
      linear(layer, mask) {
        const found = tables.get(layer);
        if (!found) {
          throw new RangeError("Cannot look a layer up: it has no tables, expected one that tables were made of");
        }
        const sum = tableSum({ layout, chosen, mask, bias: layer.bias, inputs, ...found });
        return continuous.reduce((sum, part) => sum.add(continuousSum(part, { layer, mask })), sum);
      },
    };
  }
}

/** What neighbouring continuous variables from mask column `column` on, features [n, B, H], add to a layer. */
function continuousSum(
  { column, value }: { readonly column: number; readonly value: tf.Tensor3D },
  { layer, mask }: { readonly layer: FeatureLinear; readonly mask: tf.Tensor3D | null },
): tf.Tensor3D {
  const weights = layer.weight();
  const [targets, , outputs] = weights.shape;
  const [count, batch, width] = value.shape;
  const part: tf.Tensor3D | null = mask && mask.slice([0, 0, column], [batch, targets, count]);
  const weight = weights.slice([0, column * width, 0], [targets, count * width, outputs]);
  return tf.matMul(maskedInputs(value, { targets, mask: part }), weight);
}

/**
 * Jacobian of a group's features, along each category k while it is k': `W[k] · 1[W[k'] + b > 0]`, float32 [n·c², H]
 * with k' before k.
 */
function jacobianOf({ linear, group: { count, width: categories } }: GroupLayer, width: number): tf.Tensor2D {
  const isActive = linear.weight.add(linear.bias!).greater(0).cast("float32").expandDims(2);
  return linear.weight.expandDims(1).mul(isActive).reshape([count * categories * categories, width]);
}
