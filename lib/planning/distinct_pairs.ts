import { KeyTable } from "../core/key_table.ts";
import { countObservations, observationRows } from "../core/observations.ts";
import type { CandidateRollout } from "./candidate_rollout.ts";
import { PlainRollout } from "./candidate_rollout.ts";
import type { PlanningProblem } from "./planner.ts";

/**
 * A rollout that asks the model once for each distinct (state, action) pair of a plan and gives what
 * {@link PlainRollout} gives: in evaluation mode a prediction depends on its own row only, and the weights don't change
 * within a plan.
 *
 * Each distinct predicted state gets a number (its id); the state an environment shows now is its row, as a shifted
 * observation has no values to compare. A pair is then a few small integers, id and actions, and a state is compared
 * with others only once, when it is first predicted.
 *
 * Steps whose state or action has a continuous variable ask for every pair.
 */
export class DistinctPairsRollout implements CandidateRollout {
  readonly #problem: PlanningProblem;
  readonly #environments: number;
  readonly #candidates: number;
  readonly #rows: number;
  readonly #stateCount: number;
  readonly #actionCount: number;
  /** Whether predicted states can be told apart; else only the first step is looked up. */
  readonly #hasStateIds: boolean;
  /** Numbers pairs by id and actions, and states by their values; a state's id comes after the environments' rows. */
  readonly #pairNumbers: KeyTable;
  readonly #stateNumbers: KeyTable;
  /** The key that is looked up: of a pair, of a state. */
  readonly #key: Int32Array;
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

  /**
   * @param problem Its action variables must all be categorical, see {@link distinctPairsRollout}.
   * @param candidates Rows of each environment.
   */
  constructor(problem: PlanningProblem, candidates: number) {
    const { stateVariables, actionVariables, observations } = problem;
    this.#problem = problem;
    this.#candidates = candidates;
    this.#environments = countObservations(stateVariables, observations);
    this.#rows = this.#environments * candidates;
    this.#stateCount = stateVariables.length;
    this.#actionCount = actionVariables.length;
    this.#hasStateIds = stateVariables.every((variable) => variable.kind === "categorical");
    this.#pairNumbers = new KeyTable(1 + this.#actionCount);
    this.#stateNumbers = new KeyTable(this.#stateCount);
    this.#key = new Int32Array(Math.max(1 + this.#actionCount, this.#stateCount));
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
    this.#values.set(this.#problem.predict({ values: this.#values }, actions));
    return this.#values;
  }

  /** Fills `#predictionOfRow`; returns how many pairs are new, whose first rows are in `#newRows`. */
  #lookUp(actions: Float32Array): number {
    const count = this.#actionCount;
    let known = this.#pairNumbers.size;
    let newCount = 0;
    for (let row = 0; row < this.#rows; row++) {
      this.#key[0] = this.#ids[row]!;
      for (let m = 0; m < count; m++) this.#key[1 + m] = actions[row * count + m]!;
      const prediction = this.#pairNumbers.numberOf(this.#key);
      if (prediction === known) {
        known++;
        this.#newRows[newCount++] = row;
      }
      this.#predictionOfRow[row] = prediction;
    }
    return newCount;
  }

  #predictNew(actions: Float32Array, newCount: number): void {
    const { stateVariables, observations, predict } = this.#problem;
    const rows = this.#newRows.subarray(0, newCount);
    const chosen = new Float32Array(newCount * this.#actionCount);
    rows.forEach((row, k) => {
      for (let m = 0; m < this.#actionCount; m++) {
        chosen[k * this.#actionCount + m] = actions[row * this.#actionCount + m]!;
      }
    });
    const seen = this.#isFirst
      ? observationRows(stateVariables, observations, { rows: rows.map((row) => this.#ids[row]!) })
      : observationRows(stateVariables, { values: this.#values }, { rows });
    this.#keep(predict(seen, chosen), newCount);
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
    for (let i = 0; i < this.#stateCount; i++) this.#key[i] = values[row * this.#stateCount + i]!;
    return this.#environments + this.#stateNumbers.numberOf(this.#key);
  }
}

/**
 * The cheapest exact rollout of a problem: by distinct pairs where actions can be told apart, else plain.
 *
 * @param candidates Rows of each environment.
 */
export function distinctPairsRollout(problem: PlanningProblem, candidates: number): CandidateRollout {
  const canTellApart = problem.actionVariables.every((variable) => variable.kind === "categorical");
  return canTellApart ? new DistinctPairsRollout(problem, candidates) : new PlainRollout(problem, candidates);
}
