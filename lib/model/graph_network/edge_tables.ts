import * as tf from "@tensorflow/tfjs";
import type { Linear } from "../../tensor/layers.ts";
import { gatherSum } from "../../tensor/ops/gather_sum.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import { networkSlopes, slopeProducts } from "../../tensor/slopes.ts";
import { type Factored, splitRuns, type VariableRun } from "../variable_runs.ts";
import { CategoryPairs } from "./category_pairs.ts";
import type { EdgeNetwork } from "./edge_network.ts";
import type { NodeNetwork } from "./node_network.ts";

/** What the node network's first layer adds up, before ReLU; valid while no weight changes. */
export interface EdgeTable {
  /** Term of each pair of categories and, after these, of each category; float32 [P + R, H]. */
  readonly rows: tf.Tensor2D;
  /** What gradients to the state are made of; null in evaluation. */
  readonly learning: LearningTable | null;
}

/** What gradients to the state are made of. */
export interface LearningTable {
  /** Values of the edge network's hidden layers at each pair, float32 [P, H_l]. */
  readonly values: readonly tf.Tensor2D[];
  /** Takes the edge network's last hidden layer to a pair's term, [H_l, H]. */
  readonly toTerm: tf.Tensor2D;
  /** Derivative of a category's term along the category, float32 [R, H]. */
  readonly ownSlopes: tf.Tensor2D;
  /** Derivatives of the last hidden layer at each pair, float32 [S, H_l]; made for the first step that needs them. */
  pairSlopes: tf.Tensor2D | null;
}

/**
 * The node network's first layer as sums of table rows. The edge network's input is a pair of embedded variables, so on
 * exact one-hots it takes P values at most; a batch of B samples has B·N·(N - 1) pairs. Its last layer is linear, and
 * so is the first of the node network up to ReLU: a table of pairs holds what each message adds there, another one what
 * each embedding adds. Gradients to the weights go through the tables.
 *
 * The gradient to the one-hots, which training's straight-through samples need, is not the tables': it comes from
 * slopes, the exact derivatives of the network at each pair. It is taken along changes from a variable's category to
 * each other one, so it lacks a number that all categories of a variable share: a softmax takes no notice of that.
 */
export class EdgeTables {
  readonly #runs: readonly VariableRun[];
  readonly #pairs: CategoryPairs;
  readonly #embedders: readonly Linear[];
  readonly #edge: EdgeNetwork;
  readonly #node: NodeNetwork;

  /** Whether these variables can have tables. */
  static fits(runs: readonly VariableRun[]): boolean {
    return CategoryPairs.fits(runs);
  }

  constructor(
    parameters: ParameterSet,
    options: {
      readonly runs: readonly VariableRun[];
      readonly embedders: readonly Linear[];
      readonly edge: EdgeNetwork;
      readonly node: NodeNetwork;
    },
  ) {
    this.#runs = options.runs;
    this.#pairs = new CategoryPairs(parameters, options.runs);
    this.#embedders = options.embedders;
    this.#edge = options.edge;
    this.#node = options.node;
  }

  /** The tables of the weights as they are, on the tape in an update; call inside `tf.tidy`. */
  build(options: { readonly isLearning: boolean }): EdgeTable {
    const { embedding, message } = this.#node.firstWeights;
    const embedded = joined(
      this.#embedders.map(({ weight, bias }) => weight.add(bias!).reshape<tf.Tensor2D>([-1, weight.shape[2]!])),
    );
    const ends = joined([
      this.#edge.receiving(embedded).add<tf.Tensor2D>(this.#edge.firstBias),
      this.#edge.sending(embedded),
    ]);
    const values = [gatherSum(ends, this.#pairs.ends).relu<tf.Tensor2D>()];
    for (const layer of this.#edge.middle) {
      values.push(linear(values.at(-1)!, layer, { activation: "relu" }) as tf.Tensor2D);
    }
    const toTerm = this.#edge.lastThrough(message);
    const rows = joined([
      linear(values.at(-1)!, toTerm) as tf.Tensor2D,
      linear(embedded, { weight: embedding, bias: this.#node.firstBias }) as tf.Tensor2D,
    ]);
    if (!options.isLearning) return { rows, learning: null };
    const ownSlopes: tf.Tensor2D = tf.matMul(this.#embeddings(), embedding);
    return { rows, learning: { values, toTerm: toTerm.weight, ownSlopes, pairSlopes: null } };
  }

  /**
   * First hidden layer of the node network, for exact one-hots.
   *
   * @param inputs.state A tensor a run [n, B, c].
   * @param inputs.action Encoded actions, float32 [B, A].
   * @param inputs.learnsState Whether gradients must reach the state.
   * @returns float32 [N·B, H]; differentiable in table and action, and in the state as said.
   */
  firstLayer(
    table: EdgeTable,
    inputs: { readonly state: Factored; readonly action: tf.Tensor2D; readonly learnsState: boolean },
  ): tf.Tensor2D {
    const { state, action } = inputs;
    const index = this.#pairs.index(state);
    const actions: tf.Tensor2D = tf.matMul(action, this.#node.firstWeights.action);
    const sums = gatherSum(joined([table.rows, actions]), index);
    const { learning } = table;
    return (inputs.learnsState && learning ? this.#withStateGradient(sums, { index, state, learning }) : sums).relu();
  }

  /** The sums as they are, with a gradient to the state. */
  #withStateGradient(
    sums: tf.Tensor2D,
    { index, state, learning }: {
      readonly index: tf.Tensor2D;
      readonly state: Factored;
      readonly learning: LearningTable;
    },
  ): tf.Tensor2D {
    learning.pairSlopes ??= this.#pairSlopes(learning.values);
    const { pairSlopes, toTerm, ownSlopes } = learning;
    const batch = state[0]!.shape[1];
    const layout = this.#pairs.slopes;
    return tf.customGrad((...inputs) => {
      const save = inputs.at(-1) as unknown as tf.GradSaveFunc;
      save([index, pairSlopes, toTerm, ownSlopes]);
      return {
        value: (inputs[0] as tf.Tensor2D).clone(),
        gradFunc: (dy, saved) => {
          const [points, slopes, toTerm, ownSlopes] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          const dHidden: tf.Tensor2D = tf.matMul(dy as tf.Tensor2D, toTerm, false, true);
          const throughPairs = splitRuns(slopeProducts(dHidden, { slopes, layout, points, batch }), this.#runs);
          const gradients = this.#runs.map(({ start, count, width, column }, r) => {
            const rows = (dy as tf.Tensor2D).slice([start * batch, 0], [count * batch, -1]);
            const own = ownSlopes.slice([column, 0], [count * width, -1]);
            return tf.matMul(rows.reshape([count, batch, -1]), own.reshape([count, width, -1]), false, true)
              .add(throughPairs[r]!);
          });
          return [dy.clone(), ...gradients];
        },
      };
    })(sums, ...state) as tf.Tensor2D;
  }

  /** Derivatives of the edge network's last hidden layer along changes of category, a slope a row. */
  #pairSlopes(values: readonly tf.Tensor2D[]): tf.Tensor2D {
    const { changes, slopes } = this.#pairs;
    const embeddings = this.#embeddings();
    const change = tf.gather(embeddings, changes.to).sub<tf.Tensor2D>(tf.gather(embeddings, changes.from));
    const directions = joined([this.#edge.receiving(change), this.#edge.sending(change)]);
    const weights = this.#edge.middle.map((layer) => layer.weight as tf.Tensor as tf.Tensor2D);
    return networkSlopes(directions, { layout: slopes, network: { values, weights } });
  }

  /** Embedding of each category without bias, float32 [R, W]. */
  #embeddings(): tf.Tensor2D {
    return joined(this.#embedders.map(({ weight }) => weight.reshape<tf.Tensor2D>([-1, weight.shape[2]!])));
  }
}

function joined(parts: readonly tf.Tensor2D[]): tf.Tensor2D {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], 0);
}
