import { unknownName } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import type { Environment, EnvironmentEntry } from "../envs/environment.ts";
import { chooseObserved, partiallyObserved } from "../envs/partial_observation.ts";
import type { DynamicsModel, MethodEntry } from "../model/dynamics_model.ts";
import { CrossEntropyPlanner } from "../planning/cem.ts";
import type { Plan, TransitionFunction } from "../planning/planner.ts";
import { type ChooseActions, Collector } from "../training/collector.ts";
import { ReplayBuffer } from "../training/replay_buffer.ts";
import { Trainer } from "../training/trainer.ts";
import { modelContext } from "./model_context.ts";
import type { RunSpec } from "./run_spec.ts";

/** Where names of a spec are looked up. */
export interface Registries {
  readonly environments: readonly EnvironmentEntry[];
  readonly methods: readonly MethodEntry[];
}

/** The working parts of one run. */
export interface ExperimentParts {
  readonly environment: Environment;
  readonly model: DynamicsModel;
  readonly buffer: ReplayBuffer;
  readonly collector: Collector;
  readonly trainer: Trainer;
  /** Plans with the model, each use with a planner of its own. */
  readonly chooseInTraining: ChooseActions;
  readonly chooseInTest: ChooseActions;
  /** The source of an evaluation's draws at a given loop. */
  evaluationRng(loop: number): Rng;
  dispose(): void;
}

/**
 * Builds what a spec names. All chance comes from the spec's seed, a fork for each purpose.
 *
 * @throws {RangeError} If a name is unknown, options are not allowed, the method cannot run on the environment's
 * variables, or training could not start.
 */
export async function buildExperiment(spec: RunSpec, registries: Registries): Promise<ExperimentParts> {
  const { id: environmentId, ...environmentOptions } = spec.environment;
  const { id: methodId, label: _, ...methodOptions } = spec.method;
  const environmentModule = await entryOf(registries.environments, { what: "environment", name: environmentId }).load();
  const method = await entryOf(registries.methods, { what: "method", name: methodId }).load();
  const parsedOptions = method.parseOptions(methodOptions);
  const world = await environmentModule.create(environmentModule.parseOptions(environmentOptions), spec.seed);
  let environment = world;
  try {
    environment = observedAs(spec, world);
    const context = modelContext(environment);
    checkTraining(spec, environment);
    const root = new Rng(spec.seed);
    const { learningRate, gradientClip, predictionSteps, loops, updatesPerLoop } = spec.training;
    const model = method.create(context, {
      options: parsedOptions,
      training: {
        ...{ learningRate, gradientClip, predictionSteps, updates: loops * updatesPerLoop },
        fast: spec.fast ?? true,
      },
      rng: root.fork("model"),
    });
    return assemble(spec, { environment, model, root });
  } catch (error) {
    environment.dispose();
    throw error;
  }
}

/** The world as the spec has it observed; which variables are hidden or noisy follows from seed and share. */
function observedAs({ observation, seed }: RunSpec, world: Environment): Environment {
  if (observation === undefined) return world;
  const rng = new Rng(seed).fork("observed variables");
  const observed = chooseObserved(world.spec.stateVariables.length, { observation, rng });
  return partiallyObserved(world, { observed, noise: observation.noise });
}

function assemble(
  spec: RunSpec,
  { environment, model, root }: {
    readonly environment: Environment;
    readonly model: DynamicsModel;
    readonly root: Rng;
  },
): ExperimentParts {
  const { training } = spec;
  const buffer = new ReplayBuffer({
    stateCount: environment.spec.stateVariables.length,
    actionCount: environment.spec.actionVariables.length,
    capacity: (training.randomLoops + training.loops) * training.environments,
    windowSteps: training.predictionSteps,
    validationShare: training.validationShare,
    maxWindowUses: training.maxWindowUses,
  });
  const collector = new Collector(environment, { ...training, buffer, rng: root.fork("collector") });
  const trainer = new Trainer({ ...training, model, buffer, spec: environment.spec, rng: root.fork("trainer") });
  return {
    environment,
    model,
    buffer,
    collector,
    trainer,
    chooseInTraining: countingVariables(model, chooseWith(spec, { environment, model, trainer })),
    chooseInTest: chooseWith(spec, { environment, model, trainer }),
    evaluationRng: (loop) => root.fork(`evaluation at loop ${loop}`),
    dispose() {
      trainer.dispose();
      model.dispose();
      environment.dispose();
    },
  };
}

function chooseWith(
  spec: RunSpec,
  { environment, model, trainer }: Pick<ExperimentParts, "environment" | "model" | "trainer">,
): ChooseActions {
  const planner = new CrossEntropyPlanner(spec.planner);
  const { stateVariables, actionVariables } = environment.spec;
  const predict: TransitionFunction = (...given) => model.predict(...given);
  const reward = (nextValues: Float32Array, goal: Float32Array) => environment.reward(nextValues, goal);
  return (observations, goal, rng): Plan => {
    try {
      return planner.plan({ predict, reward, stateVariables, actionVariables, observations, goal, rng });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`${error.message}, after update ${trainer.updates}`, { cause: error });
    }
  };
}

/**
 * Tells a plan how many variables' predictions its model was asked for and computed. The model starts each plan with
 * nothing kept, so that the counts depend on the plan alone and not on what was evaluated before.
 */
function countingVariables(model: DynamicsModel, choose: ChooseActions): ChooseActions {
  return (observations, goal, rng): Plan => {
    const memory = model.predictionCache ?? null;
    if (memory === null) return choose(observations, goal, rng);
    memory.clear();
    const { variables, predictedVariables } = memory;
    const plan = choose(observations, goal, rng);
    return {
      ...plan,
      variables: memory.variables - variables,
      predictedVariables: memory.predictedVariables - predictedVariables,
    };
  };
}

/** Refuses what would fail only after hours: no complete episode, or no window, when updates begin. */
function checkTraining(spec: RunSpec, environment: Environment): void {
  const { episodeLength } = environment.spec;
  const { randomLoops, loops, predictionSteps } = spec.training;
  if (loops > 0 && randomLoops < episodeLength) {
    throw new RangeError(
      "Cannot start training: no episode would be complete before the first update, expected training.randomLoops of " +
        `at least the episode's ${episodeLength} steps, got ${randomLoops}`,
    );
  }
  if (predictionSteps > episodeLength) {
    throw new RangeError(
      `Cannot start training: a window would be longer than an episode, expected training.predictionSteps of at most ` +
        `${episodeLength}, got ${predictionSteps}`,
    );
  }
}

function entryOf<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  { what, name }: { readonly what: string; readonly name: string },
): Entry {
  const entry = entries.find((candidate) => candidate.id === name);
  if (entry === undefined) throw unknownName(what, { name, choices: entries.map(({ id }) => id) });
  return entry;
}
