/**
 * Two executions compared, and a history of many looked through for steps: numbers in, numbers out.
 *
 * @module
 */
export {
  type ComparedKey,
  type ComparedRow,
  type ComparedSide,
  compareResults,
  type ComparisonOptions,
  type ComparisonVerdict,
  LEAST_JUDGED,
  type SeedResult,
} from "./compare_results.ts";
export { compareSpeed, type MeasuredTime, type SpeedComparison, type SpeedRow } from "./compare_speed.ts";
export { findSteps, findTimeSteps, type Step, type StepOptions } from "./find_steps.ts";
export { type Measure, measureOf } from "./measures.ts";
export { FEWEST_SEEDS, type SeedDifference, type SeedValues } from "./seed_difference.ts";
