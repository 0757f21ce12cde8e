import * as tf from "@tensorflow/tfjs";
import type { ParameterSet } from "../../tensor/mod.ts";
import type { ModelGroups } from "../variable_groups.ts";
import type { Features } from "./features.ts";
import type { GraphInference, Masks } from "./graph_inference.ts";

/** One graph for all samples, known from the start. */
export class GivenGraph implements GraphInference {
  readonly labelWidth = 0;
  readonly featureLayers = [];
  readonly possible: Uint8Array;
  readonly #graph: tf.Tensor3D;

  /**
   * @param parameters Takes over the constant tensors.
   * @param options.graph Row-major [N, N + M] of 0 and 1.
   * @throws {RangeError} If the graph has another size.
   */
  constructor(parameters: ParameterSet, options: { groups: ModelGroups; graph: Uint8Array }) {
    const { groups: { stateCount, actionCount }, graph } = options;
    const width = stateCount + actionCount;
    if (graph.length !== stateCount * width) {
      throw new RangeError(
        `Cannot use a fixed graph: wrong size, expected ${stateCount * width} entries, got ${graph.length}`,
      );
    }
    this.possible = graph;
    this.#graph = parameters.constant(tf.tensor3d(Float32Array.from(graph), [1, stateCount, width]));
  }

  masks(features: Features): Masks {
    const mask = this.#graph.tile<tf.Tensor3D>([features.batch, 1, 1]);
    return { mask, probabilities: mask, label: null, penalties: {}, trace: { probabilities: mask } };
  }
}
