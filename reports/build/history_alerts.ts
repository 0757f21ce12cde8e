import type { Alert } from "../../lib/alerts/mod.ts";
import { metricText } from "../../lib/records/metric_id.ts";
import { formatMetric, metricInfo, splitLabel } from "../metric_info.ts";
import { methodLabel } from "../read/results.ts";
import type { SuiteHistory } from "../read/suite_history.ts";
import { stepsOf } from "./history.ts";

/**
 * What of a history whoever watches wants to be told: steps for the worse, each at the execution that brought it, and
 * runs that failed.
 */
export function historyAlerts(history: SuiteHistory): readonly Alert[] {
  const { suite, executions, failed } = history;
  const regressions = stepsOf(history).filter(({ step }) => step.isWorse === true).map(({ series, step }): Alert => {
    const { environment, method, split, metric } = series;
    const execution = executions[step.at]!;
    const previous = executions[step.at - 1]!;
    return {
      id: `regression/${execution.id}/${environment}/${method}/${split}/${metricText(metric)}`,
      kind: "regression",
      at: execution.endedAtMs ?? execution.updatedAtMs,
      suite,
      execution: execution.id,
      title: `${methodLabel(method)} is worse: ${metricInfo(metric).label.toLowerCase()}, ${splitLabel(split)}`,
      details: [
        `On ${environment}, from ${formatMetric(metric, step.before)} to ${formatMetric(metric, step.after)}`,
        `Code ${execution.code.version} after ${previous.code.version}`,
      ],
      path: `/compare?before=${encodeURIComponent(previous.id)}&after=${encodeURIComponent(execution.id)}`,
    };
  });
  const failures = failed.map((run): Alert => ({
    id: `failed/${run.id}`,
    kind: "failed run",
    at: run.updatedAtMs,
    suite,
    execution: run.execution,
    title: `${methodLabel(run.method)} on ${run.environment}, seed ${run.seed}, has failed`,
    details: run.error === null ? [] : [run.error],
    path: `/runs/${encodeURIComponent(run.id)}`,
  }));
  return [...regressions, ...failures];
}
