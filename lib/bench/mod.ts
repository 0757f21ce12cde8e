/**
 * Suites as a program runs them: what `deno task bench` is made of, without its flags and text. Loads no tensor library
 * before a suite is run.
 *
 * @module
 */
export type { EngineFinding } from "./engines/choose_engine.ts";
export { differenceOf, plainly } from "./engines/engine_findings.ts";
export type { SizeChoice } from "./engines/choose_engines.ts";
export { type AskEngine, askInProcess, type EngineAnswer, type EngineTask } from "./engines/ask_engine.ts";
export { type ExecutionChoice, newExecutionId } from "./choose_execution.ts";
export { countParameters } from "./count_parameters.ts";
export { readJsonFile } from "./json_file.ts";
export { openRuns, type Plan } from "./plan_runs.ts";
export { pause } from "./pause.ts";
export { codeVersion, provenanceOf } from "./provenance.ts";
export { type ReadSuite, readSuite } from "./read_suite.ts";
export {
  planSuite,
  type Problem,
  runSuite,
  type RunSuiteOptions,
  type SuiteOptions,
  type SuiteOutcome,
} from "./run_suite.ts";
export { onStopSignal } from "./stop_signal.ts";
export { storePatience } from "./store_patience.ts";
export { watchLimits } from "./watchdog.ts";
export type { PoolEvent } from "./pool_options.ts";
export type { StartWorker, WorkerOptions, WorkerProcess } from "./worker_process.ts";
