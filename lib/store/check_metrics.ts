import { metricText } from "../records/metric_id.ts";
import type { Metric } from "../records/run_records.ts";

/**
 * Refuses metrics that a store must not keep; every driver calls it before it writes.
 *
 * @throws {RangeError} If a value is NaN or infinite (missing is null), or a step count or time is out of range. The
 *   message is the reason only: the driver puts "Cannot record metrics of run ...: " before it.
 */
export function checkMetrics(metrics: readonly Metric[]): void {
  for (const { name: metric, qualifier, split, value, updates, envSteps, elapsedMs } of metrics) {
    const where = `metric ${metricText({ name: metric, qualifier })} of split ${split} at update ${updates}`;
    if (value !== null && !Number.isFinite(value)) {
      throw new RangeError(`${where} is not finite, expected a finite number or null for missing, got ${value}`);
    }
    for (const [name, count] of Object.entries({ updates, envSteps })) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new RangeError(`${where} has no valid ${name}, expected an integer of at least 0, got ${count}`);
      }
    }
    if (!Number.isFinite(elapsedMs) || elapsedMs < 0) {
      throw new RangeError(`${where} has no valid elapsedMs, expected a number of at least 0, got ${elapsedMs}`);
    }
  }
}
