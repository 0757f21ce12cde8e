import type { Rng } from "../../core/rng.ts";
import { orthogonalMatrix } from "./orthogonal.ts";

/** Sizes of a set of mechanisms: one for each of N nodes of c colours, with H hidden units. */
export interface MechanismSizes {
  /** N. */
  readonly variables: number;
  /** c. */
  readonly colors: number;
  /** H. */
  readonly width: number;
}

/** One node's network from the parents' colours to the probabilities of its own. */
export interface Mechanism {
  /** [N·c, H]: row i·c + k belongs to colour k of node i. */
  readonly hiddenWeights: Float32Array;
  /** [H]. */
  readonly hiddenBias: Float32Array;
  /** [H, c]. */
  readonly outputWeights: Float32Array;
  /** [c]. */
  readonly outputBias: Float32Array;
}

/**
 * Draws the mechanisms of a run: weights orthogonal with a gain, biases uniform.
 *
 * @param sizes N, c and H.
 * @param options.gain Length of the weight matrices' orthogonal rows or columns.
 * @param options.bias Biases are uniform in [-bias, bias).
 * @returns N mechanisms; that of a node without parents is drawn too, and gives its colours at a reset.
 * @see Ke et al. 2021, as FCDL uses it: widths [N·c, 40, c], gain 3, bias 0.2 (deviation: none).
 */
export function randomMechanisms(
  sizes: MechanismSizes,
  options: { readonly gain: number; readonly bias: number; readonly rng: Rng },
): Mechanism[] {
  return Array.from({ length: sizes.variables }, () => randomMechanism(sizes, options));
}

/** Draws one node's mechanism, see {@link randomMechanisms}. */
export function randomMechanism(
  { variables, colors, width }: MechanismSizes,
  options: { readonly gain: number; readonly bias: number; readonly rng: Rng },
): Mechanism {
  const { gain, rng } = options;
  const biases = (count: number) => Float32Array.from({ length: count }, () => (2 * rng.uniform() - 1) * options.bias);
  return {
    hiddenWeights: orthogonalMatrix({ rows: variables * colors, columns: width, gain, rng }),
    hiddenBias: biases(width),
    outputWeights: orthogonalMatrix({ rows: width, columns: colors, gain, rng }),
    outputBias: biases(colors),
  };
}

/**
 * A set of mechanisms ready to be asked. The result of {@link MechanismBank.probabilities} is one buffer that the next
 * call overwrites, so that a step makes no garbage.
 */
export class MechanismBank {
  readonly sizes: MechanismSizes;
  readonly #mechanisms: readonly Mechanism[];
  readonly #hidden: Float64Array;
  readonly #probabilities: Float64Array;

  /**
   * @param mechanisms One for each node, in order; read, not copied.
   * @param sizes N, c and H.
   * @throws {TypeError} If their number or a weight's length does not fit the sizes.
   */
  constructor(mechanisms: readonly Mechanism[], sizes: MechanismSizes) {
    checkSizes(mechanisms, sizes);
    this.sizes = sizes;
    this.#mechanisms = mechanisms;
    this.#hidden = new Float64Array(sizes.width);
    this.#probabilities = new Float64Array(sizes.colors);
  }

  /**
   * The distribution of a node's colour given its parents': softmax of the network on the one-hots of the parents, all
   * other inputs zero.
   *
   * @param node Index j of the node.
   * @param options.colors Colours of all nodes, [N]; only the parents' are read.
   * @param options.parents The parents' indices.
   * @returns Probabilities [c] in a buffer that the next call overwrites.
   */
  probabilities(
    node: number,
    options: { readonly colors: ArrayLike<number>; readonly parents: ArrayLike<number> },
  ): Float64Array {
    const { hiddenWeights, hiddenBias, outputWeights, outputBias } = this.#mechanisms[node]!;
    const { colors, width } = this.sizes;
    const hidden = this.#hidden;
    const out = this.#probabilities;
    for (let h = 0; h < width; h++) hidden[h] = hiddenBias[h]!;
    for (let p = 0; p < options.parents.length; p++) {
      const parent = options.parents[p]!;
      const row = (parent * colors + options.colors[parent]!) * width;
      for (let h = 0; h < width; h++) hidden[h]! += hiddenWeights[row + h]!;
    }
    for (let k = 0; k < colors; k++) out[k] = outputBias[k]!;
    for (let h = 0; h < width; h++) {
      const unit = hidden[h]!;
      if (unit <= 0) continue;
      for (let k = 0; k < colors; k++) out[k]! += unit * outputWeights[h * colors + k]!;
    }
    softmaxInPlace(out);
    return out;
  }
}

function softmaxInPlace(logits: Float64Array): void {
  let largest = -Infinity;
  for (let k = 0; k < logits.length; k++) largest = Math.max(largest, logits[k]!);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += logits[k] = Math.exp(logits[k]! - largest);
  for (let k = 0; k < logits.length; k++) logits[k]! /= sum;
}

function checkSizes(mechanisms: readonly Mechanism[], { variables, colors, width }: MechanismSizes): void {
  const expected = {
    hiddenWeights: variables * colors * width,
    hiddenBias: width,
    outputWeights: width * colors,
  } as const;
  if (mechanisms.length !== variables) {
    throw new TypeError(
      `Cannot use mechanisms: wrong number of nodes, expected ${variables}, got ${mechanisms.length}`,
    );
  }
  for (const [node, mechanism] of mechanisms.entries()) {
    for (const [name, length] of Object.entries({ ...expected, outputBias: colors })) {
      const actual = mechanism[name as keyof Mechanism].length;
      if (actual !== length) {
        throw new TypeError(
          `Cannot use mechanisms: ${name} of node ${node} has wrong length, expected ${length}, got ${actual}`,
        );
      }
    }
  }
}
