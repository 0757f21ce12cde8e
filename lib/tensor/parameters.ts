import * as tf from "@tensorflow/tfjs";
import type { Rng } from "../core/rng.ts";
import { newVariable } from "./shapes_only.ts";

/** Host copy of a named tensor. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How a tensor starts: uniform in ±`bound`, standard normal, or a constant. */
export type Initializer =
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal" }
  | { readonly kind: "constant"; readonly value: number };

/** Ranks by number of axes. */
export type Ranks = readonly [tf.Rank.R0, tf.Rank.R1, tf.Rank.R2, tf.Rank.R3, tf.Rank.R4];

/** The rank of a shape if the compiler knows its length, any rank otherwise. */
export type RankOf<Shape extends readonly number[]> = Shape["length"] extends 0 | 1 | 2 | 3 | 4 ? Ranks[Shape["length"]]
  : tf.Rank;

/**
 * The named float32 tensors of one model: parameters, which an optimiser changes, and statistics (batch-norm and
 * codebook averages), which the forward pass changes. Order of creation is the order everywhere.
 */
export class ParameterSet {
  readonly #rng: Rng;
  readonly #parameters = new Map<string, tf.Variable>();
  readonly #statistics = new Map<string, tf.Variable>();
  readonly #constants: tf.Tensor[] = [];
  #version = 0;

  /** @param rng Draws initial values; used only while tensors are created. */
  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Adds a trainable tensor; this set owns it. */
  parameter<Shape extends number[]>(
    name: string,
    options: { shape: readonly [...Shape]; init: Initializer },
  ): tf.Variable<RankOf<Shape>> {
    return this.#create(this.#parameters, name, { ...options, trainable: true });
  }

  /** Adds a tensor that no gradient reaches; this set owns it. */
  statistic<Shape extends number[]>(
    name: string,
    options: { shape: readonly [...Shape]; init: Initializer },
  ): tf.Variable<RankOf<Shape>> {
    return this.#create(this.#statistics, name, { ...options, trainable: false });
  }

  /** Hands over a tensor that never changes; it is disposed with the set and not saved. */
  constant<T extends tf.Tensor>(tensor: T): T {
    this.#constants.push(tf.keep(tensor));
    return tensor;
  }

  /**
   * Grows whenever a number of the set may have changed: by an optimiser's step, by {@link ParameterSet.restore} and by
   * any `assign` of a parameter or statistic. What was computed at one version holds as long as it is the version.
   */
  get version(): number {
    return this.#version;
  }

  /** Counts a change in place, which `assign` does not see. */
  changed(): void {
    this.#version++;
  }

  /** The trainable tensors, in order of creation. */
  get variables(): readonly tf.Variable[] {
    return [...this.#parameters.values()];
  }

  /** Names of the trainable tensors, in order of creation. */
  get names(): readonly string[] {
    return [...this.#parameters.keys()];
  }

  /** Trainable numbers in all. */
  get count(): number {
    return this.variables.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** Copies parameters and statistics to the host. */
  async save(): Promise<Record<string, NamedArray>> {
    const saved: Record<string, NamedArray> = {};
    for (const [name, variable] of [...this.#parameters, ...this.#statistics]) {
      saved[name] = { shape: variable.shape, data: (await variable.data<"float32">()).slice() };
    }
    return saved;
  }

  /**
   * Writes saved values back.
   *
   * @throws {RangeError} If a tensor is missing or has another shape; nothing is changed then.
   */
  restore(saved: Readonly<Record<string, NamedArray>>): void {
    const all = [...this.#parameters, ...this.#statistics];
    for (const [name, variable] of all) {
      const array = saved[name];
      if (!array || array.shape.join() !== variable.shape.join()) {
        throw new RangeError(
          `Cannot restore ${name}: wrong shape, expected [${variable.shape}], got ${
            array ? `[${array.shape}]` : "nothing"
          }`,
        );
      }
    }
    for (const [name, variable] of all) {
      const value = tf.tensor(saved[name]!.data.slice(), variable.shape, "float32");
      variable.assign(value);
      value.dispose();
    }
  }

  dispose(): void {
    for (const variable of [...this.#parameters.values(), ...this.#statistics.values()]) variable.dispose();
    for (const constant of this.#constants) constant.dispose();
  }

  #create<R extends tf.Rank>(
    into: Map<string, tf.Variable>,
    name: string,
    options: { shape: readonly number[]; init: Initializer; trainable: boolean },
  ): tf.Variable<R> {
    if (this.#parameters.has(name) || this.#statistics.has(name)) {
      throw new RangeError(`Cannot add tensor ${name}: the name is taken, expected a new name, got ${name}`);
    }
    const variable = newVariable<R>(options.shape, {
      trainable: options.trainable,
      values: () => this.#initial(options.shape, options.init),
    });
    const assign = variable.assign.bind(variable);
    variable.assign = (value) => {
      this.#version++;
      assign(value);
    };
    into.set(name, variable);
    return variable;
  }

  #initial(shape: readonly number[], init: Initializer): Float32Array {
    const data = new Float32Array(shape.reduce((size, dimension) => size * dimension, 1));
    if (init.kind === "constant") return data.fill(init.value);
    if (init.kind === "normal") return this.#rng.fillNormal(data);
    this.#rng.fillUniform(data);
    for (let i = 0; i < data.length; i++) data[i] = (2 * data[i]! - 1) * init.bound;
    return data;
  }
}
