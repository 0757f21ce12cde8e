import { environments } from "../envs/registry.ts";
import type { MetricName } from "../metrics/catalogue.ts";
import { methods } from "../model/registry.ts";
import type { Plan } from "../planning/planner.ts";
import { withSystemBlas } from "../tensor/mod.ts";
import { trainingSplit } from "../training/collector.ts";
import { evaluate } from "../training/evaluation/evaluator.ts";
import { type Score, scoreOf } from "../training/evaluation/score.ts";
import type { ExperimentEvent } from "./events.ts";
import { buildExperiment, type ExperimentParts, type Registries } from "./experiment_parts.ts";
import { decodeState, encodeState } from "./experiment_state.ts";
import { IntervalRecord } from "./interval_record.ts";
import { followScores, type ProtocolHistory, protocolScores } from "./protocol_scores.ts";
import type { RunSpec } from "./run_spec.ts";
import { specHash } from "./spec_hash.ts";

/** How a run is driven. */
export interface ExperimentOptions {
  /** What an earlier `checkpoint` event of the same spec carried. */
  readonly checkpoint?: Uint8Array;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Time between checkpoints, ms. */
  readonly checkpointEveryMs?: number;
  /** Aborting it ends the run with a last checkpoint and no `done`. */
  readonly signal?: AbortSignal;
  /** Version of the code; a checkpoint of another release is refused (what follows a `+` may differ). */
  readonly codeVersion: string;
  /** Where names are looked up; the project's registries when absent. */
  readonly registries?: Registries;
}

const CHECKPOINT_EVERY_MS = 30_000;
const PROGRESS_EVERY_MS = 1_000;
/** How long the event loop may wait for its turn (signals, heartbeats). */
const TURN_EVERY_MS = 100;
/** Loops between two records of losses and costs; losses are read from the device then. */
const LOG_EVERY_LOOPS = 100;

/**
 * Trains and evaluates one run, telling what happens as events. The tensor backend is the caller's choice.
 *
 * One loop is one action in each environment, random ones first; then each loop adds `updatesPerLoop` gradient updates.
 * The model is evaluated before the first update, every `everyLoops` loops with updates, and after the last.
 *
 * A run that goes on from a checkpoint gives the records of an unbroken one to the bit, except `elapsedMs` and metric
 * `cost`. Records after the last checkpoint come again with the same keys.
 *
 * @throws {RangeError} If the spec cannot be run, the checkpoint is not this run's, or a loss or plan is not finite.
 */
export async function* runExperiment(spec: RunSpec, options: ExperimentOptions): AsyncGenerator<ExperimentEvent> {
  const parts = await buildExperiment(spec, options.registries ?? { environments, methods });
  try {
    yield* new Experiment(spec, { ...options, parts }).run();
  } finally {
    parts.dispose();
  }
}

/** One run in progress. */
class Experiment {
  readonly #spec: RunSpec;
  readonly #options: ExperimentOptions;
  readonly #parts: ExperimentParts;
  readonly #owner: { readonly specHash: string; readonly codeVersion: string };
  readonly #interval = new IntervalRecord();
  readonly #totalLoops: number;
  #history: ProtocolHistory = {};
  #loop = 0;
  #evaluatedLoop = -1;
  #peakMemoryBytes = 0;
  /** Elapsed time of earlier attempts, and the clock at this one's start. */
  #earlierMs = 0;
  #startMs: number;
  #progressMs = -Infinity;
  #checkpointMs: number;
  #turnMs: number;

  constructor(spec: RunSpec, options: ExperimentOptions & { readonly parts: ExperimentParts }) {
    this.#spec = spec;
    this.#options = options;
    this.#parts = options.parts;
    this.#owner = { specHash: specHash(spec), codeVersion: options.codeVersion };
    this.#totalLoops = spec.training.randomLoops + spec.training.loops;
    this.#startMs = this.#checkpointMs = this.#turnMs = options.clock();
  }

  async *run(): AsyncGenerator<ExperimentEvent> {
    if (this.#options.checkpoint) this.#restore(this.#options.checkpoint);
    yield this.#progress();
    while (true) {
      if (this.#isEvaluationDue()) {
        yield* this.#evaluate();
        if (this.#isAborted) return yield await this.#checkpoint();
      }
      if (this.#loop === this.#totalLoops) break;
      await this.#makeLoop();
      if (this.#loop % LOG_EVERY_LOOPS === 0 || this.#loop === this.#totalLoops) yield await this.#log();
      await this.#giveTurn();
      if (this.#isAborted) return yield await this.#checkpoint();
      if (this.#isProgressDue()) yield this.#progress();
      if (this.#options.clock() - this.#checkpointMs >= this.#checkpointEveryMs) yield await this.#checkpoint();
    }
    yield this.#progress();
    yield { kind: "done" };
  }

  async #makeLoop(): Promise<void> {
    const { collector, trainer } = this.#parts;
    const { clock } = this.#options;
    const { randomLoops, updatesPerLoop } = this.#spec.training;
    const startMs = clock();
    let plan: Plan | null = null;
    if (this.#loop < randomLoops) collector.actRandomly();
    else plan = await this.#act();
    const actedMs = clock();
    const updates = plan ? updatesPerLoop : 0;
    for (let update = 0; update < updates; update++) withSystemBlas(() => trainer.update());
    this.#loop++;
    this.#interval.addLoop({ plan, updates, actingMs: actedMs - startMs, updatingMs: clock() - actedMs });
  }

  async #act(): Promise<Plan> {
    try {
      return this.#parts.collector.actByPlan(this.#parts.chooseInTraining);
    } catch (error) {
      // A plan fails after a loss did; the loss that was not read yet tells the update it began at.
      await this.#parts.trainer.readLosses();
      throw error;
    }
  }

  /** Losses and returns since the last record, and costs. */
  async #log(): Promise<ExperimentEvent> {
    const { trainer, collector } = this.#parts;
    await trainer.readLosses();
    const scores = this.#interval.take({ environments: this.#spec.training.environments });
    const put = (name: MetricName, value: number | null, qualifier = "") =>
      scores.push(scoreOf(trainingSplit, name, { value, qualifier }));
    for (const [part, value] of trainer.takeLosses()) put("loss", value, part === "loss" ? "" : part);
    const returns = collector.takeReturns();
    if (returns.length > 0) put("episode_return", returns.reduce((sum, each) => sum + each, 0) / returns.length);
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, Deno.memoryUsage().rss);
    put("cost", this.#peakMemoryBytes, "peak_memory_bytes");
    put("cost", this.#elapsedMs, "wall_time_ms");
    return this.#metrics(scores);
  }

  #isEvaluationDue(): boolean {
    const { randomLoops } = this.#spec.training;
    const updating = this.#loop - randomLoops;
    if (updating < 0 || this.#evaluatedLoop >= this.#loop) return false;
    return updating % this.#spec.evaluation.everyLoops === 0 || this.#loop === this.#totalLoops;
  }

  /** An evaluation that is aborted leaves no trace and is made again after resumption. */
  async *#evaluate(): AsyncGenerator<ExperimentEvent> {
    // A model that is already broken would only fail in a less telling place.
    await this.#parts.trainer.readLosses();
    const { evaluation, training } = this.#spec;
    const steps = evaluate({
      ...this.#parts,
      ...evaluation,
      predictionSteps: training.predictionSteps,
      choose: this.#parts.chooseInTest,
      rng: this.#parts.evaluationRng(this.#loop),
    });
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) {
      await this.#giveTurn();
      if (this.#isAborted) return;
      if (this.#isProgressDue()) yield this.#progress();
    }
    const { scores, artifacts } = step.value;
    this.#evaluatedLoop = this.#loop;
    followScores(this.#history, scores);
    const isLast = this.#loop === this.#totalLoops;
    yield this.#metrics(isLast ? [...scores, ...protocolScores(this.#history)] : scores);
    for (const { name, content } of artifacts) {
      const bytes = new TextEncoder().encode(JSON.stringify(content));
      yield { kind: "artifact", name, contentType: "application/json", bytes };
    }
  }

  #metrics(scores: readonly Score[]): ExperimentEvent {
    const position = {
      envSteps: this.#parts.collector.steps,
      updates: this.#parts.trainer.updates,
      elapsedMs: this.#elapsedMs,
    };
    return { kind: "metrics", metrics: scores.map((score) => ({ ...score, ...position })) };
  }

  #progress(): ExperimentEvent {
    this.#progressMs = this.#options.clock();
    return {
      kind: "progress",
      progress: {
        loop: this.#loop,
        loops: this.#totalLoops,
        envSteps: this.#parts.collector.steps,
        updates: this.#parts.trainer.updates,
      },
    };
  }

  async #checkpoint(): Promise<ExperimentEvent> {
    const { trainer, collector, buffer, model } = this.#parts;
    const bytes = encodeState({
      loop: this.#loop,
      evaluatedLoop: this.#evaluatedLoop,
      elapsedMs: this.#elapsedMs,
      peakMemoryBytes: this.#peakMemoryBytes,
      history: this.#history,
      interval: this.#interval.save(),
      trainer: await trainer.save(),
      collector: collector.save(),
      buffer: buffer.save(),
      model: await model.state(),
    }, this.#owner);
    this.#checkpointMs = this.#options.clock();
    return { kind: "checkpoint", bytes, loop: this.#loop };
  }

  #restore(bytes: Uint8Array): void {
    const state = decodeState(bytes, this.#owner);
    this.#loop = state.loop;
    this.#evaluatedLoop = state.evaluatedLoop;
    this.#earlierMs = state.elapsedMs;
    this.#peakMemoryBytes = state.peakMemoryBytes;
    this.#history = state.history;
    this.#interval.restore(state.interval);
    this.#parts.trainer.restore(state.trainer);
    this.#parts.collector.restore(state.collector);
    this.#parts.buffer.restore(state.buffer);
    this.#parts.model.restore(state.model);
  }

  get #elapsedMs(): number {
    return this.#earlierMs + this.#options.clock() - this.#startMs;
  }

  get #checkpointEveryMs(): number {
    return this.#options.checkpointEveryMs ?? CHECKPOINT_EVERY_MS;
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  #isProgressDue(): boolean {
    return this.#options.clock() - this.#progressMs >= PROGRESS_EVERY_MS;
  }

  /** Training never waits for anything, so without this no signal and no timer of this process would be heard. */
  async #giveTurn(): Promise<void> {
    if (this.#options.clock() - this.#turnMs < TURN_EVERY_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#turnMs = this.#options.clock();
  }
}
