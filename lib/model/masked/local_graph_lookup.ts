import * as tf from "@tensorflow/tfjs";
import type { LocalGraphRule } from "../../core/local_graph_rule.ts";
import { customGradient, type ParameterSet } from "../../tensor/mod.ts";
import type { ModelGroups } from "../variable_groups.ts";
import type { Features } from "./features.ts";
import type { GraphInference, InferenceInput, Masks } from "./graph_inference.ts";

/** The graph that a known rule has for each sample. */
export class LocalGraphLookup implements GraphInference {
  readonly labelWidth = 0;
  readonly featureLayers = [];
  readonly possible: Uint8Array;
  readonly #entries: readonly [number, number];
  /** Where each variable that the rule reads stands among the groups, and its digit's place value in `#graphOf`. */
  readonly #reads: readonly { readonly group: number; readonly member: number; readonly place: number }[];
  /** int32 [combinations]. */
  readonly #graphOf: tf.Tensor1D;
  /** float32 [G, N · (N + M)]. */
  readonly #graphs: tf.Tensor2D;

  /** @param parameters Takes over the constant tensors. */
  constructor(parameters: ParameterSet, options: { readonly groups: ModelGroups; readonly rule: LocalGraphRule }) {
    const { groups, rule } = options;
    const width = groups.stateCount + groups.actionCount;
    this.#entries = [groups.stateCount, width];
    const union = new Uint8Array(groups.stateCount * width);
    for (const graph of rule.graphs) graph.forEach((edge, k) => union[k]! |= edge);
    this.possible = union;
    this.#reads = rule.reads.map((column, k) => ({
      ...groupOf(groups, column),
      place: rule.categories.slice(k + 1).reduce((product, count) => product * count, 1),
    }));
    this.#graphOf = parameters.constant(tf.tensor1d(rule.graphOf, "int32"));
    const flat = Float32Array.from(rule.graphs.flatMap((graph) => [...graph]));
    this.#graphs = parameters.constant(tf.tensor2d(flat, [rule.graphs.length, union.length]));
  }

  masks(features: Features, input: InferenceInput): Masks {
    const parts = [...input.state, ...input.action];
    const read = this.#reads.map(({ group, member }) => {
      const [, batch, width] = parts[group]!.shape;
      return parts[group]!.slice([member, 0, 0], [1, batch, width]).reshape<tf.Tensor2D>([batch, width]);
    });
    const mask = this.#lookUp(read, features.batch);
    return { mask, probabilities: mask, label: null, penalties: {}, trace: { probabilities: mask } };
  }

  /** No gradient passes: neither `argMax` nor an index has one. */
  #lookUp(read: readonly tf.Tensor2D[], batch: number): tf.Tensor3D {
    const chosen = () => {
      const index = read.reduce<tf.Tensor>(
        (sum, oneHot, k) => sum.add(oneHot.argMax(-1).mul(tf.scalar(this.#reads[k]!.place, "int32"))),
        tf.zeros([batch], "int32"),
      );
      const graphs = tf.gather(this.#graphs, tf.gather(this.#graphOf, index.cast("int32")));
      return graphs.reshape<tf.Tensor3D>([batch, ...this.#entries]);
    };
    if (read.length === 0) return chosen();
    return customGradient(read, {
      forward: () => ({ value: chosen(), saved: [] }),
      gradient: () => read.map((oneHot) => tf.zeros(oneHot.shape)),
    });
  }
}

/** The group among those of state, then action, that holds a graph's column, and the variable's place in it. */
function groupOf({ state, action, stateCount }: ModelGroups, column: number): { group: number; member: number } {
  const isState = column < stateCount;
  const groups = isState ? state : action;
  const variable = isState ? column : column - stateCount;
  const found = groups.findIndex(({ start, count }) => variable >= start && variable < start + count);
  if (found < 0 || groups[found]!.kind !== "categorical") {
    throw new RangeError(
      `Cannot follow a rule for local graphs: it reads what has no categories, expected a categorical variable's ` +
        `column, got column ${column}`,
    );
  }
  return { group: isState ? found : state.length + found, member: variable - groups[found]!.start };
}
