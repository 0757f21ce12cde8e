import type { Rng, RngState } from "../core/rng.ts";
import type { EnvironmentSpec } from "../envs/environment.ts";
import type { DynamicsModel, Losses, TrainingData } from "../model/dynamics_model.ts";
import { dispose, readScalars, RngNoise } from "../tensor/mod.ts";
import { trainingSplit } from "./collector.ts";
import { disposeBatch, windowBatch } from "./model_host.ts";
import { observe, senseValues } from "./observe.ts";
import type { ReplayBuffer } from "./replay_buffer.ts";

/** What a trainer brings together. */
export interface TrainerOptions {
  readonly model: DynamicsModel;
  readonly buffer: ReplayBuffer;
  readonly spec: EnvironmentSpec;
  /** B, windows an update. */
  readonly batchSize: number;
  /** T, steps a window. */
  readonly predictionSteps: number;
  readonly rng: Rng;
}

/** All of a trainer's own that the future depends on; the model and the buffer save theirs. */
export interface TrainerState {
  readonly updates: number;
  /** Sum of each loss since the last {@link Trainer.takeLosses}, and how many there are. */
  readonly sums: Readonly<Record<string, number>>;
  readonly counted: number;
  readonly rngs: Readonly<Record<string, RngState>>;
}

/**
 * Feeds a model with windows of a replay buffer. Losses stay on the device until {@link Trainer.readLosses}.
 */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #rngs: Readonly<Record<"windows" | "validation" | "observation" | "noise", Rng>>;
  readonly #noise: RngNoise;
  readonly #data: TrainingData;
  #unread: Losses[] = [];
  #sums = new Map<string, number>();
  #counted = 0;
  #updates = 0;

  constructor(options: TrainerOptions) {
    this.#options = options;
    this.#rngs = {
      windows: options.rng.fork("windows"),
      validation: options.rng.fork("validation"),
      observation: options.rng.fork("observation"),
      noise: options.rng.fork("noise"),
    };
    this.#noise = new RngNoise(this.#rngs.noise);
    this.#data = this.#trainingData();
  }

  /** Updates made. */
  get updates(): number {
    return this.#updates;
  }

  /** One gradient update. Its losses stay on the device; what a method itself has to know on the host, it reads. */
  update(): void {
    const { buffer, model, batchSize } = this.#options;
    const batch = this.#encode(buffer.sampleWindows(this.#rngs.windows, batchSize));
    try {
      this.#unread.push(model.update(batch, { noise: this.#noise, data: this.#data }));
    } finally {
      disposeBatch(batch);
    }
    this.#updates++;
  }

  /**
   * Reads the losses of all updates since the last read, at once, and frees their tensors.
   *
   * @throws {RangeError} If one is NaN or infinite; the message names it and its update (1 is the first).
   */
  async readLosses(): Promise<void> {
    const unread = this.#unread;
    if (unread.length === 0) return;
    this.#unread = [];
    const numbers = await readScalars(unread.flatMap((losses) => Object.values(losses)));
    let place = 0;
    unread.forEach((losses, k) => {
      for (const name of Object.keys(losses)) {
        const value = numbers[place++]!;
        if (!Number.isFinite(value)) {
          throw new RangeError(
            `Cannot train: loss ${name} is not finite at update ${this.#updates - unread.length + k + 1}, ` +
              `expected a finite number, got ${value}`,
          );
        }
        this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
      }
    });
    this.#counted += unread.length;
  }

  /** Mean of each loss over the updates read since the last call; empty if there are none. */
  takeLosses(): ReadonlyMap<string, number> {
    const means = new Map([...this.#sums].map(([name, sum]) => [name, sum / this.#counted]));
    this.#sums = new Map();
    this.#counted = 0;
    return means;
  }

  /** Copies all that {@link Trainer.restore} needs; reads the losses first. */
  async save(): Promise<TrainerState> {
    await this.readLosses();
    return {
      updates: this.#updates,
      sums: Object.fromEntries(this.#sums),
      counted: this.#counted,
      rngs: Object.fromEntries(Object.entries(this.#rngs).map(([name, rng]) => [name, rng.state()])),
    };
  }

  /** Goes on where `state` was saved. */
  restore(state: TrainerState): void {
    this.dispose();
    this.#updates = state.updates;
    this.#sums = new Map(Object.entries(state.sums));
    this.#counted = state.counted;
    for (const [name, rng] of Object.entries(this.#rngs)) rng.restore(state.rngs[name]!);
  }

  /** Frees losses that were not read; the model stays its owner's. */
  dispose(): void {
    for (const losses of this.#unread) dispose(Object.values(losses));
    this.#unread = [];
  }

  #encode(windows: Parameters<typeof windowBatch>[0]) {
    const { spec } = this.#options;
    return windowBatch(windows, {
      ...spec,
      observe: (values) => observe(spec, { values, split: trainingSplit, rng: this.#rngs.observation }),
      observeNext: (values) => senseValues(spec, { values, rng: this.#rngs.observation }),
    });
  }

  #trainingData(): TrainingData {
    const { buffer, batchSize, predictionSteps, spec } = this.#options;
    return {
      // Early on there may be no validation episode yet; all episodes stand in until there is one.
      validationBatch: () =>
        this.#encode(buffer.sampleForEvaluation(this.#rngs.validation, {
          count: batchSize,
          steps: predictionSteps,
          pool: buffer.hasValidation ? "validation" : "all",
        })),
      get episodes() {
        return buffer.episodeCount;
      },
      transitions: () => {
        const stored = buffer.trainingTransitions();
        const sensed = (values: Float32Array) => senseValues(spec, { values, rng: this.#rngs.observation });
        return { ...stored, values: sensed(stored.values), nextValues: sensed(stored.nextValues) };
      },
    };
  }
}
