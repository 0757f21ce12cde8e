import { z } from "zod";
import * as tf from "@tensorflow/tfjs";
import { parseWith } from "../../core/parse.ts";
import { applyLinear, createLinear, createStackedLinear, type Linear, plainInit } from "../../tensor/layers.ts";
import { ParameterSet } from "../../tensor/parameters.ts";
import type { MethodModule } from "../dynamics_model.ts";
import { RolloutModel, type StepInput, type StepNetwork, type StepOutput } from "../rollout_model.ts";
import { headWidth, joinRuns, type ModelRuns, modelRuns } from "../variable_runs.ts";

const width = z.int().positive();

const optionsSchema = z.strictObject({
  /** W, width of a node's embedding before and after the messages. */
  nodeWidth: width.default(256),
  /** Widths of the edge network's hidden layers. */
  edgeHidden: z.array(width).min(1).default([512, 512, 512]),
  /** Width of a message. */
  edgeWidth: width.default(256),
  /** Widths of the node network's hidden layers. */
  nodeHidden: z.array(width).min(1).default([512, 512, 512]),
});

type Options = z.output<typeof optionsSchema>;

/** Message passing over the complete graph: every node hears every other once. */
class GnnNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly #runs: ModelRuns;
  readonly #nodeWidth: number;
  readonly #embedders: readonly Linear[];
  readonly #edge: readonly Linear[];
  readonly #node: readonly Linear[];
  readonly #projectors: readonly Linear[];

  constructor(runs: ModelRuns, options: Options & { parameters: ParameterSet }) {
    const { nodeWidth, edgeHidden, edgeWidth, nodeHidden, parameters } = options;
    this.#runs = runs;
    this.#nodeWidth = nodeWidth;
    this.parameters = parameters;
    this.#embedders = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `embedder.${r}`,
        stack: run.count,
        inputs: run.width,
        outputs: nodeWidth,
        init: plainInit({ inputs: run.width }),
      })
    );
    this.#edge = createLayers(parameters, { name: "edge", widths: [2 * nodeWidth, ...edgeHidden, edgeWidth] });
    this.#node = createLayers(parameters, {
      name: "node",
      widths: [nodeWidth + runs.actionWidth + edgeWidth, ...nodeHidden, nodeWidth],
    });
    this.#projectors = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `projector.${r}`,
        stack: run.count,
        inputs: nodeWidth,
        outputs: headWidth(run),
        init: plainInit({ inputs: nodeWidth }),
      })
    );
  }

  step({ state, action }: StepInput): StepOutput {
    const embeddings = concat(state.map((part, r) => applyLinear(part, this.#embedders[r]!)), 0);
    const [count, batch, width] = embeddings.shape as [number, number, number];
    const actions = joinRuns(action).expandDims(0).tile([count, 1, 1]);
    const input = tf.concat([embeddings, actions, this.#messages(embeddings)], 2);
    const nodes = applyLayers(input.reshape([count * batch, -1]), this.#node).reshape([count, batch, width]);
    return {
      heads: this.#runs.state.map((run, r) => {
        const part = nodes.slice([run.start, 0, 0], [run.count, batch, width]);
        return applyLinear(part, this.#projectors[r]!) as tf.Tensor3D;
      }),
    };
  }

  /**
   * Sum of the messages that each node receives from all others, [N, B, W] to [N, B, edge width]. Equal to the edge
   * network on every ordered pair [receiver, sender], without forming pairs: its first layer is a sum of a term a
   * node, and its last layer is linear, so it comes after the sum over senders.
   */
  #messages(embeddings: tf.Tensor): tf.Tensor {
    const [count, batch, width] = embeddings.shape as [number, number, number];
    const first = this.#edge[0]!;
    const last = this.#edge.at(-1)!;
    const [inputs, outputs] = first.weight.shape as [number, number];
    const rows = embeddings.reshape([count * batch, width]);
    const receivers = tf.matMul(rows, first.weight.slice([0, 0], [width, outputs]) as tf.Tensor2D).add(first.bias!)
      .reshape([1, count, batch, outputs]);
    const senders = tf.matMul(rows, first.weight.slice([width, 0], [inputs - width, outputs]) as tf.Tensor2D)
      .reshape([count, batch, outputs]);
    if (count === 1) return tf.zeros([1, batch, last.weight.shape[1]!]);
    // Entry [d, i] holds the sender that stands d + 1 places after receiver i.
    const twice = tf.concat([senders, senders], 0);
    const turned = tf.stack(
      Array.from({ length: count - 1 }, (_, d) => twice.slice([d + 1, 0, 0], [count, batch, outputs])),
      0,
    );
    let hidden: tf.Tensor = receivers.add(turned).relu().reshape([(count - 1) * count * batch, outputs]);
    for (const layer of this.#edge.slice(1, -1)) hidden = applyLinear(hidden, layer, "relu");
    const sums = hidden.reshape([count - 1, count * batch, -1]).sum<tf.Tensor2D>(0);
    return tf.matMul(sums, last.weight as tf.Tensor as tf.Tensor2D).add(last.bias!.mul(count - 1))
      .reshape([count, batch, -1]);
  }
}

function createLayers(parameters: ParameterSet, options: { name: string; widths: readonly number[] }): Linear[] {
  const { name, widths } = options;
  return widths.slice(1).map((outputs, k) =>
    createLinear(parameters, {
      name: `${name}.${k}`,
      inputs: widths[k]!,
      outputs,
      init: plainInit({ inputs: widths[k]! }),
    })
  );
}

/** Linear layers with ReLU between them, none after the last. */
function applyLayers(input: tf.Tensor, layers: readonly Linear[]): tf.Tensor {
  return layers.reduce(
    (value, layer, k) => applyLinear(value, layer, k < layers.length - 1 ? "relu" : "linear"),
    input,
  );
}

function concat(parts: readonly tf.Tensor[], axis: number): tf.Tensor {
  return parts.length === 1 ? parts[0]! : tf.concat([...parts], axis);
}

/** Checks and completes the method's options. */
export const parseOptions: MethodModule["parseOptions"] = (options) => parseWith(optionsSchema, options, "method");

/** Makes the model. */
export const create: MethodModule["create"] = (context, { method, training, rng }) => {
  const options = optionsSchema.parse(method);
  const network = new GnnNetwork(modelRuns(context), { ...options, parameters: new ParameterSet(rng) });
  return new RolloutModel(network, { context, training });
};
