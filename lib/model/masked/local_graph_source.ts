import * as tf from "@tensorflow/tfjs";
import type { LocalGraphRule } from "../../core/local_graph_rule.ts";
import { type Needed, neededInputs, type ParameterSet } from "../../tensor/mod.ts";
import type { ModelRuns } from "../variable_runs.ts";
import type { Features } from "./features.ts";
import type { MaskInput, Masks, MaskSource } from "./mask_source.ts";

/** The graph that a known rule has for each sample. */
export class LocalGraphSource implements MaskSource {
  readonly labelWidth = 0;
  readonly featureLayers = [];
  readonly needed: Needed;
  readonly #entries: readonly [number, number];
  /** Where each variable that the rule reads stands among the runs, and its digit's place value in `#graphOf`. */
  readonly #reads: readonly { readonly run: number; readonly member: number; readonly place: number }[];
  /** int32 [combinations]. */
  readonly #graphOf: tf.Tensor1D;
  /** float32 [G, N · (N + M)]. */
  readonly #graphs: tf.Tensor2D;

  /** @param parameters Takes over the constant tensors. */
  constructor(parameters: ParameterSet, options: { readonly runs: ModelRuns; readonly rule: LocalGraphRule }) {
    const { runs, rule } = options;
    const width = runs.stateCount + runs.actionCount;
    this.#entries = [runs.stateCount, width];
    const union = new Int32Array(runs.stateCount * width);
    for (const graph of rule.graphs) graph.forEach((edge, k) => union[k]! |= edge);
    this.needed = neededInputs(parameters, union, { maskWidth: width });
    this.#reads = rule.reads.map((column, k) => ({
      ...runOf(runs, column),
      place: rule.categories.slice(k + 1).reduce((product, count) => product * count, 1),
    }));
    this.#graphOf = parameters.constant(tf.tensor1d(rule.graphOf, "int32"));
    const flat = Float32Array.from(rule.graphs.flatMap((graph) => [...graph]));
    this.#graphs = parameters.constant(tf.tensor2d(flat, [rule.graphs.length, union.length]));
  }

  masks(features: Features, input: MaskInput): Masks {
    const parts = [...input.state, ...input.action];
    const read = this.#reads.map(({ run, member }) => {
      const [, batch, width] = parts[run]!.shape;
      return parts[run]!.slice([member, 0, 0], [1, batch, width]).reshape<tf.Tensor2D>([batch, width]);
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
    return tf.customGrad(() => ({
      value: chosen(),
      gradFunc: () => read.map((oneHot) => tf.zeros(oneHot.shape)),
    }))(...read) as tf.Tensor3D;
  }
}

/** The run among those of state, then action, that holds a graph's column, and the variable's place in it. */
function runOf({ state, action, stateCount }: ModelRuns, column: number): { run: number; member: number } {
  const isState = column < stateCount;
  const runs = isState ? state : action;
  const variable = isState ? column : column - stateCount;
  const found = runs.findIndex(({ start, count }) => variable >= start && variable < start + count);
  if (found < 0 || runs[found]!.kind !== "categorical") {
    throw new RangeError(
      `Cannot follow a rule for local graphs: it reads what has no categories, expected a categorical variable's ` +
        `column, got column ${column}`,
    );
  }
  return { run: isState ? found : state.length + found, member: variable - runs[found]!.start };
}
