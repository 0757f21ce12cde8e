import type { Plan } from "../planning/planner.ts";

/** Serialised {@link IntervalRecord}. */
export interface IntervalState {
  readonly pairs: number;
  readonly predictedPairs: number;
  readonly variables: number;
  readonly predictedVariables: number;
  readonly loops: number;
  readonly updates: number;
  readonly trainingMs: number;
}

/** Counts between two log points: planning, loops, updates, and the time that acting and updating took. */
export class IntervalRecord {
  #pairs = 0;
  #predictedPairs = 0;
  #variables = 0;
  #predictedVariables = 0;
  #loops = 0;
  #updates = 0;
  #trainingMs = 0;

  addPlan(plan: Plan): void {
    this.#pairs += plan.pairs;
    this.#predictedPairs += plan.predictedPairs;
    this.#variables += plan.variables ?? 0;
    this.#predictedVariables += plan.predictedVariables ?? 0;
  }

  addLoop({ updates, elapsedMs }: { readonly updates: number; readonly elapsedMs: number }): void {
    this.#loops++;
    this.#updates += updates;
    this.#trainingMs += elapsedMs;
  }

  /** Metrics of the interval by name; then a new interval begins. What depends on the machine starts with `cost/`. */
  take(options: { readonly environments: number }): Map<string, number | null> {
    const perSecond = (count: number) => this.#trainingMs > 0 ? 1000 * count / this.#trainingMs : null;
    const metrics = new Map<string, number | null>([
      ["cost/env_steps_per_second", perSecond(this.#loops * options.environments)],
    ]);
    if (this.#updates > 0) metrics.set("cost/updates_per_second", perSecond(this.#updates));
    if (this.#pairs > 0) {
      metrics.set("plan_pairs", this.#pairs);
      metrics.set("plan_predicted_pairs", this.#predictedPairs);
      metrics.set("plan_hit_rate", 1 - this.#predictedPairs / this.#pairs);
    }
    if (this.#variables > 0) {
      metrics.set("plan_variables", this.#variables);
      metrics.set("plan_predicted_variables", this.#predictedVariables);
      metrics.set("plan_variable_hit_rate", 1 - this.#predictedVariables / this.#variables);
    }
    this.restore({
      pairs: 0,
      predictedPairs: 0,
      variables: 0,
      predictedVariables: 0,
      loops: 0,
      updates: 0,
      trainingMs: 0,
    });
    return metrics;
  }

  save(): IntervalState {
    return {
      pairs: this.#pairs,
      predictedPairs: this.#predictedPairs,
      variables: this.#variables,
      predictedVariables: this.#predictedVariables,
      loops: this.#loops,
      updates: this.#updates,
      trainingMs: this.#trainingMs,
    };
  }

  restore(state: IntervalState): void {
    this.#pairs = state.pairs;
    this.#predictedPairs = state.predictedPairs;
    this.#variables = state.variables;
    this.#predictedVariables = state.predictedVariables;
    this.#loops = state.loops;
    this.#updates = state.updates;
    this.#trainingMs = state.trainingMs;
  }
}
