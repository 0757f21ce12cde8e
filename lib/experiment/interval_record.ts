import type { Plan } from "../planning/planner.ts";

/** Serialised {@link IntervalRecord}. */
export interface IntervalState {
  readonly pairs: number;
  readonly predictedPairs: number;
  readonly loops: number;
  readonly updates: number;
  readonly trainingMs: number;
}

/** Counts between two log points: planning, loops, updates, and the time that acting and updating took. */
export class IntervalRecord {
  #pairs = 0;
  #predictedPairs = 0;
  #loops = 0;
  #updates = 0;
  #trainingMs = 0;

  addPlan(plan: Plan): void {
    this.#pairs += plan.pairs;
    this.#predictedPairs += plan.predictedPairs;
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
    this.restore({ pairs: 0, predictedPairs: 0, loops: 0, updates: 0, trainingMs: 0 });
    return metrics;
  }

  save(): IntervalState {
    return {
      pairs: this.#pairs,
      predictedPairs: this.#predictedPairs,
      loops: this.#loops,
      updates: this.#updates,
      trainingMs: this.#trainingMs,
    };
  }

  restore(state: IntervalState): void {
    this.#pairs = state.pairs;
    this.#predictedPairs = state.predictedPairs;
    this.#loops = state.loops;
    this.#updates = state.updates;
    this.#trainingMs = state.trainingMs;
  }
}
