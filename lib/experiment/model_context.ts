import { withoutColumns } from "../core/local_graph_rule.ts";
import type { Environment } from "../envs/environment.ts";
import type { ModelContext } from "../model/dynamics_model.ts";

/**
 * What an environment tells models of itself. Local graphs are told as far as they follow from variables that no shift
 * and no sensor changes: a model has to find them in what it sees.
 */
export function modelContext(environment: Environment): ModelContext {
  const { stateVariables, actionVariables, splits, sensor } = environment.spec;
  const shifts = [sensor, ...splits.map(({ shift }) => shift)];
  const changed = new Set(shifts.flatMap((shift) => shift?.variables ?? []));
  return {
    stateVariables,
    actionVariables,
    globalGraph: () => environment.globalGraph(),
    localGraphRule: () => {
      const rule = environment.localGraphRule?.();
      return rule ? withoutColumns(rule, changed) : null;
    },
  };
}
