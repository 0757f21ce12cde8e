import { countObservations, observationRows, type Observations } from "../core/observations.ts";
import type { PlanningProblem } from "./planner.ts";

/**
 * R = E · candidates imagined trajectories that move through the model together. Row r belongs to environment
 * floor(r / candidates).
 */
export interface CandidateRollout {
  /** Puts every row back to what its environment shows now. */
  restart(): void;
  /**
   * Moves every row one step.
   *
   * @param actions Values, row-major [R, M].
   * @returns Values of the predicted states, row-major [R, N]; valid until the next call.
   */
  step(actions: Float32Array): Float32Array;
  /** (state, action) pairs looked at so far. */
  readonly pairs: number;
  /** Pairs the model was asked for so far. */
  readonly predictedPairs: number;
}

/** Asks the model for every pair of every step. */
export class PlainRollout implements CandidateRollout {
  readonly #problem: PlanningProblem;
  readonly #start: Observations;
  #values: Float32Array | null = null;
  #pairs = 0;

  /** @param candidates Rows of each environment. */
  constructor(problem: PlanningProblem, candidates: number) {
    const { stateVariables, observations } = problem;
    const rows = countObservations(stateVariables, observations) * candidates;
    this.#problem = problem;
    this.#start = observationRows(stateVariables, observations, {
      rows: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / candidates)),
    });
  }

  restart(): void {
    this.#values = null;
  }

  step(actions: Float32Array): Float32Array {
    const { predict, actionVariables } = this.#problem;
    this.#pairs += actions.length / actionVariables.length;
    this.#values = predict(this.#values === null ? this.#start : { values: this.#values }, actions);
    return this.#values;
  }

  get pairs(): number {
    return this.#pairs;
  }

  get predictedPairs(): number {
    return this.#pairs;
  }
}

/**
 * Each row of a matrix, `times` over: row 0, row 0, ..., row 1, ...
 *
 * @param rows Row-major [E, width].
 * @returns Row-major [E · times, width], a new array.
 */
export function repeatRows(rows: Float32Array, width: number, times: number): Float32Array {
  const repeated = new Float32Array(rows.length * times);
  if (width === 0) return repeated;
  const count = rows.length / width;
  for (let row = 0; row < count; row++) {
    const source = rows.subarray(row * width, (row + 1) * width);
    for (let k = 0; k < times; k++) repeated.set(source, (row * times + k) * width);
  }
  return repeated;
}
