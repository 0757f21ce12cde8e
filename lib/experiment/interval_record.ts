import type { MetricName } from "../metrics/catalogue.ts";
import type { Plan } from "../planning/planner.ts";
import { trainingSplit } from "../training/collector.ts";
import { type Score, scoreOf } from "../training/evaluation/score.ts";

/** Sums over an interval; plain data, as a checkpoint keeps it. */
export interface IntervalState {
  readonly pairs: number;
  readonly predictedPairs: number;
  readonly variables: number;
  readonly predictedVariables: number;
  readonly loops: number;
  /** Loops whose actions were planned. */
  readonly plannedLoops: number;
  readonly updates: number;
  /** Time of all loops; of planned acting and of updates, which are parts of it. */
  readonly trainingMs: number;
  readonly actingMs: number;
  readonly updatingMs: number;
}

/** One loop of training. */
export interface LoopCost {
  /** Null where actions were random. */
  readonly plan: Plan | null;
  readonly updates: number;
  /** Time of acting and of updating, ms. */
  readonly actingMs: number;
  readonly updatingMs: number;
}

const nothing: IntervalState = {
  pairs: 0,
  predictedPairs: 0,
  variables: 0,
  predictedVariables: 0,
  loops: 0,
  plannedLoops: 0,
  updates: 0,
  trainingMs: 0,
  actingMs: 0,
  updatingMs: 0,
};

/** Counts between two log points: planning, loops, updates, and the time that acting and updating took. */
export class IntervalRecord {
  #sums = nothing;

  addLoop({ plan, updates, actingMs, updatingMs }: LoopCost): void {
    const sums = this.#sums;
    this.#sums = {
      pairs: sums.pairs + (plan?.pairs ?? 0),
      predictedPairs: sums.predictedPairs + (plan?.predictedPairs ?? 0),
      variables: sums.variables + (plan?.variables ?? 0),
      predictedVariables: sums.predictedVariables + (plan?.predictedVariables ?? 0),
      loops: sums.loops + 1,
      plannedLoops: sums.plannedLoops + (plan ? 1 : 0),
      updates: sums.updates + updates,
      trainingMs: sums.trainingMs + actingMs + updatingMs,
      actingMs: sums.actingMs + (plan ? actingMs : 0),
      updatingMs: sums.updatingMs + updatingMs,
    };
  }

  /** Metrics of the interval; then a new interval begins. What depends on the machine is called `cost`. */
  take(options: { readonly environments: number }): Score[] {
    const sums = this.#sums;
    this.#sums = nothing;
    const perSecond = (count: number) => sums.trainingMs > 0 ? 1000 * count / sums.trainingMs : null;
    const scores: Score[] = [];
    const put = (name: MetricName, value: number | null, qualifier = "") =>
      scores.push(scoreOf(trainingSplit, name, { value, qualifier }));
    put("cost", perSecond(sums.loops * options.environments), "env_steps_per_second");
    if (sums.plannedLoops > 0) put("cost", sums.actingMs / sums.plannedLoops, "act_ms");
    if (sums.updates > 0) {
      put("cost", sums.updatingMs / sums.updates, "update_ms");
      put("cost", perSecond(sums.updates), "updates_per_second");
    }
    if (sums.pairs > 0) {
      put("plan_pairs", sums.pairs);
      put("plan_predicted_pairs", sums.predictedPairs);
      put("plan_hit_rate", 1 - sums.predictedPairs / sums.pairs);
    }
    if (sums.variables > 0) {
      put("plan_variables", sums.variables);
      put("plan_predicted_variables", sums.predictedVariables);
      put("plan_variable_hit_rate", 1 - sums.predictedVariables / sums.variables);
    }
    return scores;
  }

  save(): IntervalState {
    return { ...this.#sums };
  }

  /** @param state What it leaves out, as one of an earlier version may, counts as nothing. */
  restore(state: Partial<IntervalState>): void {
    this.#sums = { ...nothing, ...state };
  }
}
