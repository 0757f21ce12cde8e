import type { PlannedRun } from "../../experiment/expand_suite.ts";
import type { RunSpec } from "../../experiment/run_spec.ts";
import { canonicalJson } from "../../experiment/spec_hash.ts";
import { readInstallation } from "../../tensor/mod.ts";
import { provenanceOf } from "../provenance.ts";
import { chooseEngine, type EngineChoice } from "./choose_engine.ts";
import { safeEngine } from "./engine_findings.ts";
import type { EngineCache } from "./engine_cache.ts";
import type { AskEngine } from "./ask_engine.ts";

/** A choice for all runs of one size. */
export interface SizeChoice {
  /** As pages call it. */
  readonly method: string;
  readonly environment: string;
  readonly choice: EngineChoice;
}

/** What {@link chooseEngines} works with. */
export interface ChooseOptions {
  /** Processes that will train at a time. */
  readonly workers: number;
  /** The system BLAS of updates; null for none. */
  readonly blas: string | null;
  /** Engines that may be there, with what tells one build from another; absent: those of this machine. */
  readonly engines?: Readonly<Record<string, string>>;
  readonly cache: EngineCache;
  readonly ask: AskEngine;
  /** Aborted: nothing more is measured, and what was cut short is not kept. */
  readonly signal?: AbortSignal;
  /** Is told before a size is measured, and what came of it. */
  onMeasure?(size: Pick<SizeChoice, "method" | "environment">): void;
  onChoice?(size: SizeChoice): void;
}

/** Engines that may be worth a look on this machine, each with its build; one alone where nothing else is set up. */
export function enginesHere(): Readonly<Record<string, string>> {
  let installation;
  try {
    installation = readInstallation();
  } catch {
    installation = null;
  }
  return {
    [safeEngine]: "",
    ...(installation ? { tensorflow: `${installation.tensorflow} ${installation.device}` } : {}),
  };
}

/**
 * Chooses the engine of each run: measured once for all of one size, on one machine, and kept. Where there is one engine
 * nothing is measured.
 *
 * @returns Engines by run id.
 */
export async function chooseEngines(
  runs: readonly PlannedRun[],
  options: ChooseOptions,
): Promise<ReadonlyMap<string, string>> {
  const { workers, blas, engines = enginesHere(), cache, ask, signal, onMeasure, onChoice } = options;
  const names = Object.keys(engines);
  if (names.length <= 1) return new Map(runs.map((run) => [run.id, safeEngine]));
  const machine = machineKey({ engines, workers, blas });
  const choices = new Map<string, EngineChoice>();
  const chosen = new Map<string, string>();
  for (const { id, method, environment, spec } of runs) {
    const key = canonicalJson({ ...machine, ...sizeOf(spec) });
    let choice = choices.get(key);
    if (!choice) {
      choice = cache.get(key);
      if (!choice) {
        if (signal?.aborted) return new Map([...chosen, ...runs.map((run) => [run.id, safeEngine] as const)]);
        onMeasure?.({ method, environment });
        choice = await chooseEngine(spec, { engines: names, workers, blas, ask });
        if (!signal?.aborted) await cache.set(key, choice);
      }
      choices.set(key, choice);
      onChoice?.({ method, environment, choice });
    }
    chosen.set(id, choice.engine);
  }
  return chosen;
}

/** What of a machine a choice depends on. */
function machineKey({ engines, workers, blas }: Pick<ChooseOptions, "workers" | "blas"> & {
  readonly engines: Readonly<Record<string, string>>;
}) {
  const { machine, versions } = provenanceOf(safeEngine);
  const release = provenanceOf(safeEngine).codeVersion.replace(/\+.*$/, "");
  return { machine, deno: versions.deno, tfjs: versions.tfjs, release, engines, workers, blas };
}

/** What of a run its speed depends on: neither its seed nor its length. */
function sizeOf({ environment, method: { label: _, ...method }, planner, training, ...spec }: RunSpec) {
  const { batchSize, predictionSteps, environments } = training;
  const { fast = true, observation = null } = spec;
  return { environment, method, planner, fast, observation, training: { batchSize, predictionSteps, environments } };
}
