import * as tf from "@tensorflow/tfjs";
import { createLinear, type Linear, linear, type ParameterSet, plainInit } from "../../tensor/mod.ts";
import type { StepInput, StepNetwork, StepOutput } from "../step_network.ts";
import { applyToValues, applyToVariables, createVariableLayers } from "../variable_layers.ts";
import { headWidth, joinGroups, type ModelGroups } from "../variable_groups.ts";

/** Sizes of a {@link GraphNetwork}. */
export interface GraphNetworkOptions {
  readonly groups: ModelGroups;
  /** W, width of `e_i` and `n_i`. */
  readonly nodeWidth: number;
  /** Widths of the hidden layers of `f_edge`. */
  readonly edgeHidden: readonly number[];
  /** Width of a message. */
  readonly edgeWidth: number;
  /** Widths of the hidden layers of `f_node`. */
  readonly nodeHidden: readonly number[];
}

/**
 * Message passing over the complete graph of state variables (Kipf et al. 2020): with `x_i` the value of state variable
 * i and `a` the action,
 *
 *     e_i = V_i x_i + v_i
 *     m_i = Σ_{j ≠ i} f_edge([e_i, e_j])
 *     n_i = f_node([e_i, a, m_i])
 *
 * and the parameters of the next variable's distribution are `P_i n_i + p_i`.
 */
export class GraphNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly groups: ModelGroups;
  /** `V_i` and `v_i`, a stack a group. */
  readonly embedders: readonly Linear<tf.Rank.R3>[];
  /** Layers of `f_edge` and `f_node`: ReLU between them, none after the last. */
  readonly edge: readonly Linear<tf.Rank.R2>[];
  readonly node: readonly Linear<tf.Rank.R2>[];
  /** `P_i` and `p_i`, a stack a group. */
  readonly projectors: readonly Linear<tf.Rank.R3>[];

  /** @param parameters Takes over the layers. */
  constructor(parameters: ParameterSet, options: GraphNetworkOptions) {
    const { groups, nodeWidth, edgeHidden, edgeWidth, nodeHidden } = options;
    this.parameters = parameters;
    this.groups = groups;
    this.embedders = createVariableLayers(parameters, {
      name: "embedder",
      groups: groups.state,
      sizes: (group) => ({ inputs: group.width, outputs: nodeWidth }),
      init: plainInit,
    });
    this.edge = createLayers(parameters, { name: "edge", widths: [2 * nodeWidth, ...edgeHidden, edgeWidth] });
    this.node = createLayers(parameters, {
      name: "node",
      widths: [nodeWidth + groups.actionWidth + edgeWidth, ...nodeHidden, nodeWidth],
    });
    this.projectors = createVariableLayers(parameters, {
      name: "projector",
      groups: groups.state,
      sizes: (group) => ({ inputs: nodeWidth, outputs: headWidth(group) }),
      init: plainInit,
    });
  }

  step({ state, action }: StepInput): StepOutput {
    const e = applyToValues(state, this.embedders);
    const a = joinGroups(action).expandDims(0).tile([e.shape[0], 1, 1]);
    const m = this.#messages(e);
    const n = apply(tf.concat([e, a, m], 2), this.node);
    return { heads: applyToVariables(n, { groups: this.groups.state, layers: this.projectors }) };
  }

  /** `m_i` of all nodes, float32 [N, B, message width]. */
  #messages(e: tf.Tensor3D): tf.Tensor3D {
    const [nodes, batch] = e.shape;
    if (nodes === 1) return tf.zeros([1, batch, this.edge.at(-1)!.weight.shape[1]!]);
    // Node i hears node i + d, for every distance d from 1 on.
    return tf.addN(Array.from({ length: nodes - 1 }, (_, k) => {
      const [first, rest] = tf.split(e, [k + 1, nodes - k - 1], 0);
      return apply(tf.concat([e, tf.concat([rest!, first!], 0)], 2), this.edge);
    }));
  }
}

/** Applies layers with ReLU between them to each row: float32 [N, B, in] to [N, B, out]. */
function apply(input: tf.Tensor, layers: readonly Linear<tf.Rank.R2>[]): tf.Tensor3D {
  const [nodes, batch, width] = input.shape as [number, number, number];
  return layers.reduce<tf.Tensor>(
    (value, layer, k) => linear(value, layer, { activation: k < layers.length - 1 ? "relu" : "linear" }),
    input.reshape([nodes * batch, width]),
  ).reshape([nodes, batch, -1]);
}

/** Linear layers `name.0`, `name.1`, … with PyTorch's start values. */
function createLayers(
  parameters: ParameterSet,
  { name, widths }: { readonly name: string; readonly widths: readonly number[] },
): readonly Linear<tf.Rank.R2>[] {
  return widths.slice(1).map((outputs, k) => {
    const inputs = widths[k]!;
    return createLinear(parameters, { name: `${name}.${k}`, inputs, outputs, init: plainInit({ inputs }) });
  });
}
