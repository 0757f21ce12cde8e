import type { Transitions } from "../envs/environment.ts";
import type { Rng } from "../core/rng.ts";
import { StartList } from "./start_list.ts";

/** How large a buffer may become and how its windows are drawn. */
export interface ReplayBufferOptions {
  /** N and M, numbers of a state and of an action. */
  readonly stateCount: number;
  readonly actionCount: number;
  /** Transitions it may hold; memory grows as they come. */
  readonly capacity: number;
  /** T, steps of a training window. */
  readonly windowSteps: number;
  /** Chance that an episode is kept for validation. */
  readonly validationShare: number;
  /** How often a training window may start at one transition. */
  readonly maxWindowUses: number;
}

/** Which episodes to draw from. */
export type EpisodePool = "validation" | "all";

/** B windows of T steps: values [B, N], actions [B, T, M], nextValues [B, T, N], row-major. */
export type Windows = Transitions;

/** All that a buffer holds, as typed arrays; see {@link ReplayBuffer.save}. */
export interface ReplayBufferState {
  readonly values: Float32Array;
  readonly actions: Float32Array;
  readonly nextValues: Float32Array;
  /** Transitions of each episode, in order of arrival, and 1 where it is validation data. */
  readonly episodeLengths: Int32Array;
  readonly isValidation: Uint8Array;
  /** Transitions that a training window may still start at, in the list's order, and the uses of each. */
  readonly starts: Int32Array;
  readonly uses: Int32Array;
}

/**
 * Transitions of completed episodes, one after the other, in typed arrays. An episode is training or validation data
 * for good; windows for training never leave their episode, and one transition starts at most `maxWindowUses` of them.
 */
export class ReplayBuffer {
  readonly #options: ReplayBufferOptions;
  #values: Float32Array;
  #actions: Float32Array;
  #nextValues: Float32Array;
  /** First transition of the episode after each transition's own. */
  #episodeEnd: Int32Array;
  #isValidation: Uint8Array;
  #episodes: { readonly length: number; readonly isValidation: boolean }[] = [];
  #starts: StartList;
  #size = 0;

  constructor(options: ReplayBufferOptions) {
    this.#options = options;
    const rows = Math.min(options.capacity, 4096);
    this.#values = new Float32Array(rows * options.stateCount);
    this.#actions = new Float32Array(rows * options.actionCount);
    this.#nextValues = new Float32Array(rows * options.stateCount);
    this.#episodeEnd = new Int32Array(rows);
    this.#isValidation = new Uint8Array(rows);
    this.#starts = new StartList(options.maxWindowUses);
  }

  /** Transitions stored. */
  get size(): number {
    return this.#size;
  }

  /** Episodes stored. */
  get episodeCount(): number {
    return this.#episodes.length;
  }

  /**
   * Stores a completed episode of any length; it becomes validation data by chance. The first one is always training
   * data, so that there is something to train on.
   *
   * @throws {RangeError} If the buffer is full.
   */
  addEpisode(episode: Transitions, rng: Rng): void {
    const isValidation = rng.uniform() < this.#options.validationShare && this.#episodes.length > 0;
    this.#append(episode, isValidation);
    const length = episode.actions.length / this.#options.actionCount;
    if (isValidation) return;
    const start = this.#size - length;
    for (let k = start; k + this.#options.windowSteps <= this.#size; k++) this.#starts.add(k, 0);
  }

  /**
   * Draws training windows, uniformly over the transitions that may still start one.
   *
   * @returns `count` windows of the buffer's T steps, new arrays.
   * @throws {RangeError} If no training window is left.
   */
  sampleWindows(rng: Rng, count: number): Windows {
    const starts = new Int32Array(count);
    for (let b = 0; b < count; b++) {
      if (this.#starts.size === 0) throw this.#noWindow();
      starts[b] = this.#starts.draw(rng);
    }
    return this.#windowsAt(starts, this.#options.windowSteps);
  }

  /**
   * Draws windows for evaluation, without repetition and without counting as a use.
   *
   * @param options `steps` is the window's length; `pool` the episodes; `isWanted` [size] marks transitions, of which a
   * window takes only marked ones (absent: all).
   * @returns At most `count` windows, fewer if there are no more; none is possible.
   */
  sampleForEvaluation(
    rng: Rng,
    options: {
      readonly count: number;
      readonly steps: number;
      readonly pool: EpisodePool;
      readonly isWanted?: Uint8Array;
    },
  ): Windows {
    const starts: number[] = [];
    for (let k = 0; k < this.#size; k++) {
      if (this.#canEvaluate(k, options)) starts.push(k);
    }
    const count = Math.min(options.count, starts.length);
    for (let b = 0; b < count; b++) {
      const chosen = b + rng.integer(starts.length - b);
      const swap = starts[b]!;
      starts[b] = starts[chosen]!;
      starts[chosen] = swap;
    }
    return this.#windowsAt(Int32Array.from(starts.slice(0, count)), options.steps);
  }

  /** Whether any episode is validation data. */
  get hasValidation(): boolean {
    return this.#episodes.some((episode) => episode.isValidation);
  }

  /** All transitions in order of arrival; views that the next episode may outdate. */
  transitions(): Transitions {
    const { stateCount, actionCount } = this.#options;
    return {
      values: this.#values.subarray(0, this.#size * stateCount),
      actions: this.#actions.subarray(0, this.#size * actionCount),
      nextValues: this.#nextValues.subarray(0, this.#size * stateCount),
    };
  }

  /** Copies of all training transitions, in order of arrival. */
  trainingTransitions(): Transitions {
    const rows: number[] = [];
    for (let k = 0; k < this.#size; k++) if (this.#isValidation[k] === 0) rows.push(k);
    return this.#windowsAt(Int32Array.from(rows), 1);
  }

  /** Copies all that {@link ReplayBuffer.restore} needs. */
  save(): ReplayBufferState {
    const { values, actions, nextValues } = this.transitions();
    return {
      values: values.slice(),
      actions: actions.slice(),
      nextValues: nextValues.slice(),
      episodeLengths: Int32Array.from(this.#episodes, (episode) => episode.length),
      isValidation: Uint8Array.from(this.#episodes, (episode) => episode.isValidation ? 1 : 0),
      ...this.#starts.save(),
    };
  }

  /**
   * Goes on where `state` was saved.
   *
   * @throws {RangeError} If the arrays do not fit each other or this buffer.
   */
  restore(state: ReplayBufferState): void {
    const { stateCount, actionCount } = this.#options;
    const total = state.episodeLengths.reduce((sum, length) => sum + length, 0);
    if (
      state.values.length !== total * stateCount || state.actions.length !== total * actionCount ||
      state.nextValues.length !== total * stateCount || state.isValidation.length !== state.episodeLengths.length
    ) {
      throw new RangeError(
        `Cannot restore the replay buffer: arrays do not fit, expected ${total} transitions of ${stateCount} state ` +
          `and ${actionCount} action numbers, got ${state.values.length} and ${state.actions.length} numbers`,
      );
    }
    this.#size = 0;
    this.#episodes = [];
    state.episodeLengths.forEach((length, episode) => {
      const slice = (array: Float32Array, width: number) =>
        array.subarray(this.#size * width, (this.#size + length) * width);
      this.#append(
        {
          values: slice(state.values, stateCount),
          actions: slice(state.actions, actionCount),
          nextValues: slice(state.nextValues, stateCount),
        },
        state.isValidation[episode] === 1,
      );
    });
    this.#starts = new StartList(this.#options.maxWindowUses);
    state.starts.forEach((start, k) => this.#starts.add(start, state.uses[k]!));
  }

  #append(episode: Transitions, isValidation: boolean): void {
    const { stateCount, actionCount, capacity } = this.#options;
    const length = episode.actions.length / actionCount;
    const end = this.#size + length;
    if (end > capacity) {
      throw new RangeError(
        `Cannot store an episode of ${length} steps: the replay buffer is full, expected at most ${capacity} ` +
          `transitions, got ${end}`,
      );
    }
    if (end > this.#episodeEnd.length) this.#grow(Math.min(capacity, Math.max(end, 2 * this.#episodeEnd.length)));
    this.#values.set(episode.values, this.#size * stateCount);
    this.#actions.set(episode.actions, this.#size * actionCount);
    this.#nextValues.set(episode.nextValues, this.#size * stateCount);
    this.#episodeEnd.fill(end, this.#size, end);
    this.#isValidation.fill(isValidation ? 1 : 0, this.#size, end);
    this.#episodes.push({ length, isValidation });
    this.#size = end;
  }

  #grow(rows: number): void {
    const { stateCount, actionCount } = this.#options;
    const grown = (old: Float32Array, width: number) => {
      const array = new Float32Array(rows * width);
      array.set(old);
      return array;
    };
    this.#values = grown(this.#values, stateCount);
    this.#actions = grown(this.#actions, actionCount);
    this.#nextValues = grown(this.#nextValues, stateCount);
    const ends = new Int32Array(rows);
    ends.set(this.#episodeEnd);
    this.#episodeEnd = ends;
    const flags = new Uint8Array(rows);
    flags.set(this.#isValidation);
    this.#isValidation = flags;
  }

  #canEvaluate(
    start: number,
    options: { readonly steps: number; readonly pool: EpisodePool; readonly isWanted?: Uint8Array },
  ): boolean {
    const end = start + options.steps;
    if (end > this.#episodeEnd[start]!) return false;
    if (options.pool === "validation" && this.#isValidation[start] === 0) return false;
    if (options.isWanted === undefined) return true;
    for (let k = start; k < end; k++) if (options.isWanted[k] !== 1) return false;
    return true;
  }

  #windowsAt(starts: Int32Array, steps: number): Windows {
    const { stateCount, actionCount } = this.#options;
    const values = new Float32Array(starts.length * stateCount);
    const actions = new Float32Array(starts.length * steps * actionCount);
    const nextValues = new Float32Array(starts.length * steps * stateCount);
    for (let b = 0; b < starts.length; b++) {
      const start = starts[b]!;
      // A window's steps lie one after the other.
      copy(this.#values, { from: start * stateCount, to: b * stateCount, count: stateCount, out: values });
      const actionNumbers = steps * actionCount;
      copy(this.#actions, { from: start * actionCount, to: b * actionNumbers, count: actionNumbers, out: actions });
      const numbers = steps * stateCount;
      copy(this.#nextValues, { from: start * stateCount, to: b * numbers, count: numbers, out: nextValues });
    }
    return { values, actions, nextValues };
  }

  #noWindow(): RangeError {
    const { windowSteps, maxWindowUses } = this.#options;
    const training = this.#episodes.filter((episode) => !episode.isValidation).length;
    return new RangeError(
      `Cannot sample a training window: none is left, expected a transition with ${windowSteps} steps to its ` +
        `episode's end that started fewer than ${maxWindowUses} windows, got ${training} training episodes`,
    );
  }
}

function copy(
  source: Float32Array,
  options: { readonly from: number; readonly to: number; readonly count: number; readonly out: Float32Array },
): void {
  const { from, to, count, out } = options;
  for (let k = 0; k < count; k++) out[to + k] = source[from + k]!;
}
