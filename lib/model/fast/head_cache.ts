import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../core/extremes.ts";
import { KeyTable } from "../../core/key_table.ts";
import { groupedLinear, type Linear, withoutSystemBlas } from "../../tensor/mod.ts";
import type { PredictionCache } from "../dynamics_model.ts";
import type { StepInput } from "../step_network.ts";
import { type Factored, headWidth, type ModelGroups } from "../variable_groups.ts";

/** Predictions kept at most, over all variables: then all are forgotten. */
const MOST_KNOWN = 1 << 17;
/** Words of a key hold less than this. */
const WORD_LIMIT = 2 ** 31;
const LABEL_BITS = 30;

/** What each target's prediction depends on; tensors stay the caller's. */
export interface VariableInputs extends Pick<StepInput, "state" | "action"> {
  /** 0 and 1, float32 [B or 1, N, N + M]. */
  readonly mask: tf.Tensor3D;
  /** Further inputs of 0 and 1, float32 [N or 1, B, X]; null for none. */
  readonly label: tf.Tensor3D | null;
  /** Category of each variable in each sample, [N + M, B], where the host knows them; else they are read. */
  readonly categories?: Int32Array | null;
}

/** Samples of each target, [N, B]: which rows of [N · B] and how many a target, targets in order. */
export interface TargetRows {
  /** Target · B + sample, int32 [R]. */
  readonly rows: tf.Tensor1D;
  /** [N]. */
  readonly counts: readonly number[];
}

/** How heads that are not known come about. */
interface NewHeads {
  /** Number of the first key that has none. */
  readonly known: number;
  readonly batch: number;
  readonly compute: (wanted: TargetRows) => readonly tf.Tensor2D[];
}

/**
 * Distribution parameters already computed with the weights as they are, by variable: under a mask, the prediction of
 * a categorical variable depends only on the target, its row of the mask, the values of the parents that this keeps, and
 * its label. So each distinct one of these is computed once. The sparser the graphs, the fewer there are.
 *
 * Exact where a row's result does not depend on the rows beside it, as with this project's kernels.
 */
export class HeadCache implements PredictionCache {
  readonly #groups: ModelGroups;
  readonly #labelWords: number;
  /** Of each input: the word of a key that has its digit, and the digit's place value there. */
  readonly #digits: { readonly words: Int32Array; readonly places: Int32Array };
  readonly #key: Int32Array;
  readonly #table: KeyTable;
  /** Numbers of the widest head. */
  readonly #width: number;
  /** [capacity, width], by key number. */
  #heads: Float32Array;
  #variables = 0;
  #predictedVariables = 0;
  readonly #weights: { readonly version: number };
  /** Version of the weights that the heads are of. */
  #version: number;

  /**
   * @param options.labelWidth X, 0 for no label.
   * @param options.weights The parameters; their version says when predictions are no longer theirs.
   */
  constructor(
    groups: ModelGroups,
    options: { readonly labelWidth: number; readonly weights: { readonly version: number } },
  ) {
    this.#groups = groups;
    this.#weights = options.weights;
    this.#version = options.weights.version;
    this.#labelWords = Math.ceil(options.labelWidth / LABEL_BITS);
    // A digit is 0 for an input that is not kept, else its category + 1; the target is the first digit.
    let word = 0;
    let place = groups.stateCount;
    const digits = [...groups.state, ...groups.action].flatMap(({ count, width }) =>
      Array.from({ length: count }, () => {
        if (place * (width + 1) > WORD_LIMIT) {
          word++;
          place = 1;
        }
        const digit = { word, place };
        place *= width + 1;
        return digit;
      })
    );
    this.#digits = {
      words: Int32Array.from(digits, (digit) => digit.word),
      places: Int32Array.from(digits, (digit) => digit.place),
    };
    this.#key = new Int32Array(word + 1 + this.#labelWords);
    this.#table = new KeyTable(this.#key.length);
    this.#width = maxOf(groups.state.map(headWidth));
    this.#heads = new Float32Array(1024 * this.#width);
  }

  /** Whether predictions on these variables can be told apart: none is continuous. */
  static serves(groups: ModelGroups): boolean {
    return [...groups.state, ...groups.action].every((group) => group.kind === "categorical" && group.width < 2 ** 15);
  }

  get variables(): number {
    return this.#variables;
  }

  get predictedVariables(): number {
    return this.#predictedVariables;
  }

  clear(): void {
    this.#table.clear();
  }

  /**
   * Distribution parameters of a batch of exact one-hots; call inside `tf.tidy`.
   *
   * @param compute Gives those of some targets' samples, a tensor a group [rows of the group's targets, c].
   * @returns A tensor a group, [n, B, c].
   */
  heads(inputs: VariableInputs, compute: (wanted: TargetRows) => readonly tf.Tensor2D[]): Factored {
    if (this.#table.size > MOST_KNOWN || this.#version !== this.#weights.version) this.clear();
    this.#version = this.#weights.version;
    const batch = inputs.state[0]!.shape[1];
    const known = this.#table.size;
    const numbers = this.#numbersOf(inputs, { known, batch, compute });
    return this.#groups.state.map((group) => {
      const width = headWidth(group);
      const found = new Float32Array(group.count * batch * width);
      const first = group.start * batch;
      for (let row = 0; row < group.count * batch; row++) {
        const from = numbers[first + row]! * this.#width;
        for (let k = 0; k < width; k++) found[row * width + k] = this.#heads[from + k]!;
      }
      return tf.tensor3d(found, [group.count, batch, width]);
    });
  }

  /** Number of each target's key in each sample, [N, B], with its heads known. */
  #numbersOf(inputs: VariableInputs, options: NewHeads): Int32Array {
    try {
      const numbers = this.#lookUp(inputs, options.batch);
      this.#variables += numbers.length;
      if (this.#table.size > options.known) this.#computeNew(numbers, options);
      return numbers;
    } catch (error) {
      // Some keys have no heads.
      this.clear();
      throw error;
    }
  }

  /** Number of each target's key in each sample, [N, B]. */
  #lookUp({ state, action, mask, label, categories }: VariableInputs, batch: number): Int32Array {
    const { stateCount, actionCount } = this.#groups;
    const inputs = stateCount + actionCount;
    const values = categories ?? categoriesOf([...state, ...action]);
    const edges = mask.dataSync();
    const maskStride = mask.shape[0] === 1 ? 0 : stateCount * inputs;
    const labels = label && this.#labelWords > 0 ? packBits(label) : null;
    const labelStride = label?.shape[0] === 1 ? 0 : batch;
    const key = this.#key;
    const { words, places } = this.#digits;
    const labelAt = key.length - this.#labelWords;
    const numbers = new Int32Array(stateCount * batch);
    for (let target = 0; target < stateCount; target++) {
      for (let b = 0; b < batch; b++) {
        const row = b * maskStride + target * inputs;
        key.fill(0);
        key[0] = target;
        for (let i = 0; i < inputs; i++) {
          if (edges[row + i] === 0) continue;
          key[words[i]!]! += (values[i * batch + b]! + 1) * places[i]!;
        }
        if (labels) {
          const from = (target * labelStride + b) * this.#labelWords;
          for (let w = 0; w < this.#labelWords; w++) key[labelAt + w] = labels[from + w]!;
        }
        numbers[target * batch + b] = this.#table.numberOf(key);
      }
    }
    return numbers;
  }

  /** Computes and keeps the heads of keys from number `known` on, which lie in the order of `numbers`. */
  #computeNew(numbers: Int32Array, { known, batch, compute }: NewHeads): void {
    const rows = new Int32Array(this.#table.size - known);
    const counts: number[] = new Array(this.#groups.stateCount).fill(0);
    let found = 0;
    for (let row = 0; row < numbers.length; row++) {
      if (numbers[row] !== known + found) continue;
      rows[found++] = row;
      counts[Math.floor(row / batch)]!++;
    }
    this.#predictedVariables += found;
    this.#reserve(this.#table.size);
    let number = known;
    // What is kept is the own kernel's, whose rows do not depend on the rows beside them.
    for (const part of withoutSystemBlas(() => compute({ rows: tf.tensor1d(rows, "int32"), counts }))) {
      const width = part.shape[1];
      const data = part.dataSync();
      for (let at = 0; at < data.length; at += width) {
        for (let k = 0; k < width; k++) this.#heads[number * this.#width + k] = data[at + k]!;
        number++;
      }
    }
  }

  #reserve(count: number): void {
    if (count * this.#width <= this.#heads.length) return;
    const heads = new Float32Array(Math.max(count * this.#width, 2 * this.#heads.length));
    heads.set(this.#heads);
    this.#heads = heads;
  }
}

/**
 * The rows of some targets' samples; not differentiable.
 *
 * @param all float32 [N, B, H].
 * @returns float32 [R, H]; the caller disposes it.
 */
export function rowsOfTargets(all: tf.Tensor3D, { rows }: TargetRows): tf.Tensor2D {
  const [targets, batch, width] = all.shape;
  return tf.tidy(() => tf.gather(all.reshape<tf.Tensor2D>([targets * batch, width]), rows));
}

/**
 * Hidden layers with ReLU and a head a group, on some targets' samples; not differentiable. Call inside `tf.tidy`.
 *
 * @param rows What the first hidden layer reads, float32 [R, H], targets in order.
 * @param options.counts Rows of each target.
 * @returns A tensor a group, [rows of the group's targets, c].
 */
export function headsOfRows(
  rows: tf.Tensor2D,
  options: {
    readonly groups: ModelGroups;
    readonly hidden: readonly Linear[];
    readonly heads: readonly Linear[];
    readonly counts: readonly number[];
  },
): readonly tf.Tensor2D[] {
  const { groups, counts } = options;
  let hidden = rows;
  for (const layer of options.hidden) hidden = groupedLinear(hidden, layer, { counts, activation: "relu" });
  let row = 0;
  return groups.state.map((group, r) => {
    const own = counts.slice(group.start, group.start + group.count);
    const size = own.reduce((sum, count) => sum + count, 0);
    const part = groups.state.length === 1 ? hidden : hidden.slice([row, 0], [size, hidden.shape[1]]);
    row += size;
    return groupedLinear(part, options.heads[r]!, { counts: own });
  });
}

/** Category of each variable in each sample, [n, B] after [n, B], from exact one-hots. */
function categoriesOf(parts: Factored): Int32Array {
  const categories = new Int32Array(parts.reduce((sum, part) => sum + part.shape[0] * part.shape[1], 0));
  let place = 0;
  for (const part of parts) {
    const width = part.shape[2];
    const data = part.dataSync<"float32">();
    for (let start = 0; start < data.length; start += width) {
      let category = 0;
      while (category < width - 1 && data[start + category] !== 1) category++;
      categories[place++] = category;
    }
  }
  return categories;
}

/** Whether the backend's tensors can be read without waiting, as keys and their predictions lie on the host. */
export function readsAtOnce(): boolean {
  return ["wasm", "cpu"].includes(tf.getBackend());
}

/** 0 and 1 of [V, B, X] as words of bits, [V, B, words]. */
function packBits(label: tf.Tensor3D): Int32Array {
  const width = label.shape[2];
  const words = Math.ceil(width / LABEL_BITS);
  const data = label.dataSync();
  const packed = new Int32Array(data.length / width * words);
  for (let row = 0; row < data.length / width; row++) {
    for (let x = 0; x < width; x++) {
      if (data[row * width + x] !== 0) packed[row * words + Math.floor(x / LABEL_BITS)]! |= 1 << (x % LABEL_BITS);
    }
  }
  return packed;
}
