import * as tf from "@tensorflow/tfjs";
import { customGradient, gatherSum, jacobianProducts, linear, networkJacobian } from "../../../tensor/mod.ts";
import type { GraphNetwork } from "../../graph_network/graph_network.ts";
import { type Factored, splitGroups, type VariableGroup } from "../../variable_groups.ts";
import { CategoryPairs } from "./category_pairs.ts";
import { PairTermCache } from "./pair_term_cache.ts";
import { edgeInputs, embeddingsThrough, messagesThrough, nodeInputs, type StackedWeights } from "./merged_layers.ts";

/** What the node network's first layer adds up, before ReLU; on the tape of an update. */
export interface TrainingTable {
  /** Term of each pair of categories, float32 [P, H]. */
  readonly pairTerms: tf.Tensor2D;
  /** Term of each category, float32 [R, H]. */
  readonly ownTerms: tf.Tensor2D;
  readonly learning: LearningTable;
}

/** What gradients to the state are made of. */
export interface LearningTable {
  /** Values of the edge network's hidden layers at each pair, float32 [P, H_l]. */
  readonly values: readonly tf.Tensor2D[];
  /** Takes the edge network's last hidden layer to a pair's term, [H_l, H]. */
  readonly toTerm: tf.Tensor2D;
  /** Derivatives along each category, [R, H_1] and [R, H]: of the pairs' first layer before ReLU, of its own term. */
  readonly jacobian: Readonly<Record<"receivers" | "senders" | "own", tf.Tensor2D>>;
  /** Derivatives of the last hidden layer at each pair, float32 [S, H_l]; made for the first step that needs them. */
  pairJacobian: tf.Tensor2D | null;
}

/**
 * The node network's first layer as sums of table rows. The edge network's input is a pair of embedded variables, so on
 * exact one-hots it takes P values at most; a batch of B samples has B·N·(N - 1) pairs. Its last layer is linear, and
 * so is the first of the node network up to ReLU: a table of pairs holds what each message adds there, another one what
 * each embedding adds. Gradients to the weights go through the tables.
 *
 * The gradient to the one-hots, which training's straight-through samples need, is not the tables': it comes from
 * the Jacobian of the network at each pair, which is exact. It is taken along changes from a variable's category to
 * each other one, so it lacks a number that all categories of a variable share: a softmax takes no notice of that.
 */
export class EdgeTables {
  readonly #network: GraphNetwork;
  readonly #groups: readonly VariableGroup[];
  readonly #pairs: CategoryPairs;

  /** Whether these variables can have tables. */
  static fits(groups: readonly VariableGroup[]): boolean {
    return CategoryPairs.fits(groups);
  }

  constructor(network: GraphNetwork) {
    this.#network = network;
    this.#groups = network.groups.state;
    this.#pairs = new CategoryPairs(network.parameters, this.#groups);
  }

  /** Tables of the weights as they are for one update; call on its tape, inside `tf.tidy`. */
  forTraining(): TrainingTable {
    const { receivers, senders, own, ends, toTerm, ownTerms } = this.#parts();
    const values = this.#hidden(ends, this.#pairs.ends);
    const pairTerms = linear(values.at(-1)!, toTerm);
    const jacobian = { receivers: jacobianOf(receivers), senders: jacobianOf(senders), own: jacobianOf(own) };
    return { pairTerms, ownTerms, learning: { values, toTerm: toTerm.weight, jacobian, pairJacobian: null } };
  }

  /** Tables of the weights as they are for many evaluations; call inside `tf.tidy`. */
  forEvaluation(): PairTermCache {
    const { ends, toTerm, ownTerms } = this.#parts();
    return new PairTermCache({
      pairs: this.#pairs,
      ownTerms,
      compute: (pairs) => linear(this.#hidden(ends, pairs).at(-1)!, toTerm),
      tensors: [ends, toTerm.weight, toTerm.bias],
    });
  }

  /**
   * First hidden layer of the node network, for exact one-hots.
   *
   * @param inputs.state A tensor a group [n, B, c].
   * @param inputs.action Encoded actions, float32 [B, A].
   * @param inputs.learnsState Whether gradients must reach the state.
   * @returns float32 [N·B, H]; differentiable in a training table and action, and in the state as said.
   */
  firstLayer(
    table: TrainingTable | PairTermCache,
    inputs: { readonly state: Factored; readonly action: tf.Tensor2D; readonly learnsState: boolean },
  ): tf.Tensor2D {
    const { state, action } = inputs;
    const batch = state[0]!.shape[1];
    const categories = this.#pairs.categories(state);
    const pairTerms = "pairTerms" in table ? table.pairTerms : table.termsOf(categories, { batch });
    const rowOf = "pairTerms" in table ? this.#pairs.numbers : table.rowOf;
    const index = this.#pairs.index(categories, { batch, rowOf, pairRows: pairTerms.shape[0] });
    const actionTerms: tf.Tensor2D = tf.matMul(action, nodeInputs(this.#network).action);
    const sums = gatherSum(joined([pairTerms, table.ownTerms, actionTerms]), index);
    const { learning } = table;
    return (inputs.learnsState && learning ? this.#withStateGradient(sums, { index, state, learning }) : sums).relu();
  }

  /** What tables are made of. */
  #parts() {
    const { receiver, sender } = edgeInputs(this.#network);
    const { embedding, message } = nodeInputs(this.#network);
    const receivers = embeddingsThrough(this.#network, receiver);
    const senders = embeddingsThrough(this.#network, sender);
    const own = embeddingsThrough(this.#network, embedding);
    return {
      ...{ receivers, senders, own },
      /** Receivers' and senders' terms of the edge network's first layer, [2·R, H_1]. */
      ends: joined([termsOf(receivers), termsOf(senders)]),
      toTerm: messagesThrough(this.#network, message),
      ownTerms: termsOf(own),
    };
  }

  /** The edge network's hidden layers at pairs, [X, H_l]. */
  #hidden(ends: tf.Tensor2D, pairs: tf.Tensor2D): tf.Tensor2D[] {
    const values = [gatherSum(ends, pairs).relu<tf.Tensor2D>()];
    for (const layer of this.#network.edge.slice(1, -1)) {
      values.push(linear(values.at(-1)!, layer, { activation: "relu" }));
    }
    return values;
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
    learning.pairJacobian ??= this.#pairJacobian(learning);
    const { pairJacobian, toTerm, jacobian: { own: ownJacobian } } = learning;
    const batch = state[0]!.shape[1];
    const layout = this.#pairs.jacobian;
    return customGradient([sums, ...state], {
      forward: (sums) => ({ value: sums.clone(), saved: [index, pairJacobian, toTerm, ownJacobian] }),
      gradient: (dy, [points, jacobian, toTerm, ownJacobian]) => {
        const dHidden: tf.Tensor2D = tf.matMul(dy, toTerm, false, true);
        const throughPairs = splitGroups(jacobianProducts(dHidden, { jacobian, layout, points, batch }), this.#groups);
        const gradients = this.#groups.map(({ start, count, width, column }, r) => {
          const rows = dy.slice([start * batch, 0], [count * batch, -1]);
          const own = ownJacobian.slice([column, 0], [count * width, -1]);
          return tf.matMul(rows.reshape([count, batch, -1]), own.reshape([count, width, -1]), false, true)
            .add(throughPairs[r]!);
        });
        return [dy.clone(), ...gradients];
      },
    });
  }

  /** Derivatives of the edge network's last hidden layer along changes of category, one a row. */
  #pairJacobian({ values, jacobian: { receivers, senders } }: LearningTable): tf.Tensor2D {
    const { changes, jacobian: layout } = this.#pairs;
    const along = (jacobian: tf.Tensor2D) =>
      tf.gather(jacobian, changes.to).sub<tf.Tensor2D>(tf.gather(jacobian, changes.from));
    const weights = this.#network.edge.slice(1, -1).map(({ weight }) => weight);
    return networkJacobian(joined([along(receivers), along(senders)]), { layout, network: { values, weights } });
  }
}

/** Output of a layer a variable for each category, float32 [R, X]. */
function termsOf(layers: readonly StackedWeights[]): tf.Tensor2D {
  return joined(layers.map(({ weight, bias }) => weight.add(bias).reshape<tf.Tensor2D>([-1, weight.shape[2]])));
}

/** Its derivative along each category, float32 [R, X]. */
function jacobianOf(layers: readonly StackedWeights[]): tf.Tensor2D {
  return joined(layers.map(({ weight }) => weight.reshape<tf.Tensor2D>([-1, weight.shape[2]])));
}

function joined(parts: readonly tf.Tensor2D[]): tf.Tensor2D {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], 0);
}
