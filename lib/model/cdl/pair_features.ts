import * as tf from "@tensorflow/tfjs";
import { applyLinear, type Linear, type ParameterSet } from "../../tensor/mod.ts";
import type { Factored, ModelGroups, VariableGroup } from "../variable_groups.ts";
import { createHiddenLayers } from "../variable_layers.ts";

/** What the N targets read. A tensor a group [n, B, w]. */
export interface PairInput {
  /** The state whose variable j target j reads as its own. */
  readonly own: Factored;
  /** The state from which target j reads all variables but its own; may be the same tensors as `own`. */
  readonly others: Factored;
  readonly action: Factored;
}

/** The feature nets of all targets on a group of inputs. */
export interface PairGroup {
  readonly group: VariableGroup;
  readonly isState: boolean;
  /** Stacks of N·n layers, index target·n + input. */
  readonly layers: readonly Linear[];
  /** First input in a mask's columns. */
  readonly column: number;
  /** 1 where target j meets its own variable, float32 [N, n, 1, 1]; null for actions. */
  readonly isOwn: tf.Tensor | null;
}

/** Values of some groups of inputs, in order. */
export interface PairValues {
  readonly own: Factored;
  readonly others: Factored;
}

/**
 * A feature net `g_ji` for every pair of target j and input i, `Linear ReLU ... Linear`, and the element-wise maximum
 * over the inputs that a mask lets through, `h_j = max_{i: m_ji = 1} g_ji(x_i)` (Wang et al. 2022, section 4.2 and the
 * released program).
 */
export class PairFeatures {
  /** State variables' groups, then action variables'. */
  readonly groups: readonly PairGroup[];
  /** N. */
  readonly targets: number;

  /** @param options.widths Widths of a feature net's layers. */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; widths: readonly number[] }) {
    const { groups, widths } = options;
    this.targets = groups.stateCount;
    const create = (kind: "state" | "action") =>
      groups[kind].map((group, r): PairGroup => {
        const isState = kind === "state";
        const stack = this.targets * group.count;
        const layers = createHiddenLayers(parameters, {
          name: `feature.${kind}.${r}`,
          stack,
          inputs: group.width,
          widths,
        });
        const isOwn = isState ? ownPairs(parameters, group, groups) : null;
        return { group, isState, layers, column: group.start + (isState ? 0 : groups.stateCount), isOwn };
      });
    this.groups = [...create("state"), ...create("action")];
  }

  /**
   * @param mask 0 and 1, float32 [B or 1, N, N + M]; at least one 1 in each row.
   * @returns h, float32 [N, B, H]; call inside `tf.tidy`.
   */
  of({ own, others, action }: PairInput, mask: tf.Tensor3D): tf.Tensor3D {
    return this.largest(this.groups, { own: [...own, ...action], others: [...others, ...action] }, mask);
  }

  /** The largest features of some groups, float32 [N, B, H]; -∞ where a mask lets none of them through. */
  largest(groups: readonly PairGroup[], { own, others }: PairValues, mask: tf.Tensor3D): tf.Tensor3D {
    const parts = groups.map((pair, p) => {
      let value: tf.Tensor = this.#pairs(pair, own[p]!, others[p]!);
      pair.layers.forEach((layer, k) => {
        value = applyLinear(value, layer, k < pair.layers.length - 1 ? "relu" : "linear");
      });
      return value.reshape([this.targets, pair.group.count, own[p]!.shape[1], -1]);
    });
    const features = parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
    const isSeen = mask.transpose([1, 2, 0]).expandDims(3).greater(0.5);
    return tf.where(isSeen, features, tf.scalar(-Infinity)).max(1);
  }

  /** Input of each pair, float32 [N·n, B, w]. */
  #pairs({ isOwn }: PairGroup, own: tf.Tensor3D, others: tf.Tensor3D): tf.Tensor3D {
    const [count, batch, width] = own.shape;
    const shape: [number, number, number] = [this.targets * count, batch, width];
    if (own === others || !isOwn) return others.expandDims(0).tile([this.targets, 1, 1, 1]).reshape(shape);
    const fromOwn = own.expandDims(0).mul(isOwn);
    const fromOthers = others.expandDims(0).mul(tf.sub(1, isOwn));
    return fromOwn.add(fromOthers).reshape(shape);
  }
}

function ownPairs(parameters: ParameterSet, group: VariableGroup, { stateCount }: ModelGroups): tf.Tensor {
  const isOwn = Float32Array.from(
    { length: stateCount * group.count },
    (_, pair) => Math.floor(pair / group.count) === group.start + pair % group.count ? 1 : 0,
  );
  return parameters.constant(tf.tensor4d(isOwn, [stateCount, group.count, 1, 1]));
}
