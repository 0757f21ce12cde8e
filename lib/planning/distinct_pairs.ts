import { encodeValues, totalWidth } from "../core/variable.ts";
import type { Variable } from "../core/variable.ts";
import type { CandidateRollout } from "./candidate_rollout.ts";
import { PlainRollout } from "./candidate_rollout.ts";
import type { PlanningProblem } from "./planner.ts";

/**
 * A rollout that asks the model once for each distinct (state, action) pair of a plan and gives what
 * {@link PlainRollout} gives: in evaluation mode a prediction depends on its own row only, and the weights don't change
 * within a plan.
 *
 * Each distinct predicted state gets a number (its id); the state an environment shows now is its row, as a shifted
 * observation has no values to compare. A pair is then one small integer, id · actions + action, and a state is
 * compared with others only once, when it is first predicted.
 *
 * Steps whose state or action has a continuous variable ask for every pair.
 */
export class DistinctPairsRollout implements CandidateRollout {
  readonly #problem: PlanningProblem;
  readonly #candidates: number;
  readonly #rows: number;
  readonly #stateCount: number;
  readonly #actionCount: number;
  readonly #width: number;
  /** Product of the action variables' category counts. */
  readonly #actionRadix: number;
  /** The product of the state variables' fits in a double, so that a state's key can be a number. */
  readonly #hasNumericKeys: boolean;
  /** Whether predicted states can be told apart; else only the first step is looked up. */
  readonly #hasStateIds: boolean;
  readonly #predictionOfPair = new Map<number, number>();
  readonly #idOfState = new Map<number | string, number>();
  /** Predicted values of each distinct pair, [capacity, N]. */
  #predictions: Float32Array;
  /** Id of the predicted state of each distinct pair. */
  #predictedIds: Int32Array;
  #predicted = 0;
  /** Id of each row's state now. */
  readonly #ids: Int32Array;
  readonly #values: Float32Array;
  /** Prediction of each row in this step; then the rows whose pair is new. */
  readonly #predictionOfRow: Int32Array;
  readonly #newRows: Int32Array;
  #isFirst = true;
  #pairs = 0;
  #plainPairs = 0;
  #encoded: Float32Array | null = null;

  /**
   * @param problem Its action variables must all be categorical, see {@link distinctPairsRollout}.
   * @param candidates Rows of each environment.
   */
  constructor(problem: PlanningProblem, candidates: number) {
    const { stateVariables, actionVariables, observations } = problem;
    this.#problem = problem;
    this.#candidates = candidates;
    this.#width = totalWidth(stateVariables);
    this.#rows = (observations.length / this.#width) * candidates;
    this.#stateCount = stateVariables.length;
    this.#actionCount = actionVariables.length;
    this.#actionRadix = radixOf(actionVariables);
    this.#hasStateIds = stateVariables.every((variable) => variable.kind === "categorical");
    this.#hasNumericKeys = this.#hasStateIds && radixOf(stateVariables) <= Number.MAX_SAFE_INTEGER;
    this.#ids = new Int32Array(this.#rows);
    this.#values = new Float32Array(this.#rows * this.#stateCount);
    this.#predictionOfRow = new Int32Array(this.#rows);
    this.#newRows = new Int32Array(this.#rows);
    this.#predictions = new Float32Array(256 * this.#stateCount);
    this.#predictedIds = new Int32Array(256);
    this.restart();
  }

  restart(): void {
    this.#isFirst = true;
    for (let row = 0; row < this.#rows; row++) this.#ids[row] = Math.floor(row / this.#candidates);
  }

  step(actions: Float32Array): Float32Array {
    this.#pairs += this.#rows;
    if (!this.#isFirst && !this.#hasStateIds) return this.#stepPlain(actions);
    const newCount = this.#lookUp(actions);
    if (newCount > 0) this.#predictNew(actions, newCount);
    for (let row = 0; row < this.#rows; row++) {
      const prediction = this.#predictionOfRow[row]!;
      const from = prediction * this.#stateCount;
      const to = row * this.#stateCount;
      for (let i = 0; i < this.#stateCount; i++) this.#values[to + i] = this.#predictions[from + i]!;
      this.#ids[row] = this.#predictedIds[prediction]!;
    }
    this.#isFirst = false;
    return this.#values;
  }

  get pairs(): number {
    return this.#pairs;
  }

  get predictedPairs(): number {
    return this.#predicted + this.#plainPairs;
  }

  #stepPlain(actions: Float32Array): Float32Array {
    this.#plainPairs += this.#rows;
    this.#encoded = encodeValues(this.#problem.stateVariables, this.#values, this.#encoded ?? undefined);
    this.#values.set(this.#problem.predict(this.#encoded, actions));
    return this.#values;
  }

  /** Fills `#predictionOfRow`; returns how many pairs are new, whose first rows are in `#newRows`. */
  #lookUp(actions: Float32Array): number {
    const variables = this.#problem.actionVariables;
    let newCount = 0;
    for (let row = 0; row < this.#rows; row++) {
      let action = 0;
      for (let m = 0; m < this.#actionCount; m++) {
        const variable = variables[m]!;
        if (variable.kind === "categorical") {
          action = action * variable.categories + actions[row * this.#actionCount + m]!;
        }
      }
      const pair = this.#ids[row]! * this.#actionRadix + action;
      let prediction = this.#predictionOfPair.get(pair);
      if (prediction === undefined) {
        prediction = this.#predicted + newCount;
        this.#predictionOfPair.set(pair, prediction);
        this.#newRows[newCount++] = row;
      }
      this.#predictionOfRow[row] = prediction;
    }
    return newCount;
  }

  #predictNew(actions: Float32Array, newCount: number): void {
    const observed = new Float32Array(newCount * this.#width);
    const chosen = new Float32Array(newCount * this.#actionCount);
    const states = new Float32Array(this.#isFirst ? 0 : newCount * this.#stateCount);
    for (let k = 0; k < newCount; k++) {
      const row = this.#newRows[k]!;
      for (let m = 0; m < this.#actionCount; m++) {
        chosen[k * this.#actionCount + m] = actions[row * this.#actionCount + m]!;
      }
      if (this.#isFirst) {
        const start = this.#ids[row]! * this.#width;
        observed.set(this.#problem.observations.subarray(start, start + this.#width), k * this.#width);
      } else {
        const start = row * this.#stateCount;
        for (let i = 0; i < this.#stateCount; i++) states[k * this.#stateCount + i] = this.#values[start + i]!;
      }
    }
    if (!this.#isFirst) encodeValues(this.#problem.stateVariables, states, observed);
    this.#keep(this.#problem.predict(observed, chosen), newCount);
  }

  #keep(predicted: Float32Array, newCount: number): void {
    const needed = this.#predicted + newCount;
    if (needed > this.#predictedIds.length) {
      const capacity = Math.max(needed, 2 * this.#predictedIds.length);
      const predictions = new Float32Array(capacity * this.#stateCount);
      predictions.set(this.#predictions);
      const ids = new Int32Array(capacity);
      ids.set(this.#predictedIds);
      this.#predictions = predictions;
      this.#predictedIds = ids;
    }
    this.#predictions.set(predicted, this.#predicted * this.#stateCount);
    if (this.#hasStateIds) {
      for (let k = 0; k < newCount; k++) this.#predictedIds[this.#predicted + k] = this.#idOf(predicted, k);
    }
    this.#predicted = needed;
  }

  #idOf(values: Float32Array, row: number): number {
    const key = this.#keyOf(values, row * this.#stateCount);
    let id = this.#idOfState.get(key);
    if (id === undefined) {
      // Ids below E are the environments' rows.
      id = this.#rows / this.#candidates + this.#idOfState.size;
      this.#idOfState.set(key, id);
    }
    return id;
  }

  #keyOf(values: Float32Array, start: number): number | string {
    if (!this.#hasNumericKeys) return values.subarray(start, start + this.#stateCount).join();
    const variables = this.#problem.stateVariables;
    let key = 0;
    for (let i = 0; i < this.#stateCount; i++) {
      const variable = variables[i]!;
      if (variable.kind === "categorical") key = key * variable.categories + values[start + i]!;
    }
    return key;
  }
}

/**
 * The cheapest exact rollout of a problem: by distinct pairs where actions can be told apart, else plain.
 *
 * @param candidates Rows of each environment.
 */
export function distinctPairsRollout(problem: PlanningProblem, candidates: number): CandidateRollout {
  // A state's id is an int32, so that a pair's number, id · actions + action, stays exact.
  const canKey = problem.actionVariables.every((variable) => variable.kind === "categorical") &&
    radixOf(problem.actionVariables) * 2 ** 31 <= Number.MAX_SAFE_INTEGER;
  return canKey ? new DistinctPairsRollout(problem, candidates) : new PlainRollout(problem, candidates);
}

/** Number of distinct values of categorical `variables` together. */
function radixOf(variables: readonly Variable[]): number {
  let radix = 1;
  for (const variable of variables) radix *= variable.kind === "categorical" ? variable.categories : 1;
  return radix;
}
