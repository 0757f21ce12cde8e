import { metricText } from "../../lib/records/metric_id.ts";
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { maxOf } from "../../lib/core/extremes.ts";
import type { ExperimentEvent } from "../../lib/experiment/events.ts";
import type { Metric } from "../../lib/records/run_records.ts";
import { type ExperimentOptions, runExperiment } from "../../lib/experiment/runner.ts";
import { type RunSpec, runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { toyRegistries } from "../training/toy_world.ts";

await useBackend("cpu");

/** A small run of the toy world; `method` and `training` fields may be replaced. */
function toySpec(changes: { method?: RunSpec["method"]; training?: object; seed?: number } = {}): RunSpec {
  return runSpecSchema.parse({
    suite: "toy",
    environment: { id: "toy" },
    method: changes.method ?? { id: "linear" },
    planner: { horizon: 2, candidates: 8, elites: 4, iterations: 2 },
    training: {
      environments: 4,
      randomLoops: 10,
      loops: 230,
      updatesPerLoop: 2,
      batchSize: 8,
      predictionSteps: 2,
      ...changes.training,
    },
    evaluation: { everyLoops: 60, episodes: 3, batchSize: 32 },
    seed: changes.seed ?? 1,
  });
}

/** A clock that moves on by `stepMs` each time it is read. */
function steppingClock(stepMs: number): () => number {
  let now = 0;
  return () => now += stepMs;
}

const defaults = { clock: steppingClock(0.25), codeVersion: "0.1.0", registries: toyRegistries };

async function collect(spec: RunSpec, options: Partial<ExperimentOptions> = {}): Promise<ExperimentEvent[]> {
  const events: ExperimentEvent[] = [];
  for await (const event of runExperiment(spec, { ...defaults, ...options })) events.push(event);
  return events;
}

/** The records that must not depend on interruptions: metrics by key without time and cost, artifacts by name. */
function records(events: readonly ExperimentEvent[]): Map<string, unknown> {
  const kept = new Map<string, unknown>();
  for (const event of events) {
    if (event.kind === "artifact") kept.set(event.name, new TextDecoder().decode(event.bytes));
    if (event.kind !== "metrics") continue;
    for (const { updates, envSteps, split, value, ...metric } of event.metrics) {
      if (metric.name !== "cost") kept.set([updates, envSteps, split, metricText(metric)].join(), value);
    }
  }
  return kept;
}

function metricsOf(events: readonly ExperimentEvent[]): Metric[] {
  return events.flatMap((event) => event.kind === "metrics" ? event.metrics : []);
}

/** Runs in pieces: each attempt is aborted after some events and goes on from its last checkpoint. */
async function collectInPieces(
  spec: RunSpec,
  options: { readonly eventsAnAttempt: number; readonly checkpointEveryMs: number; readonly isKilled: boolean },
): Promise<{ readonly events: ExperimentEvent[]; readonly attempts: number }> {
  const events: ExperimentEvent[] = [];
  let checkpoint: Uint8Array | undefined;
  for (let attempts = 1; attempts < 200; attempts++) {
    const controller = new AbortController();
    let seen = 0;
    for await (
      const event of runExperiment(spec, {
        ...defaults,
        clock: steppingClock(20),
        checkpointEveryMs: options.checkpointEveryMs,
        signal: controller.signal,
        ...(checkpoint ? { checkpoint } : {}),
      })
    ) {
      events.push(event);
      if (event.kind === "checkpoint") checkpoint = event.bytes;
      if (event.kind === "done") return { events, attempts };
      if (++seen < options.eventsAnAttempt) continue;
      // A killed attempt loses what came after its last checkpoint.
      if (options.isKilled && checkpoint) break;
      controller.abort();
    }
  }
  throw new Error("the run never ended");
}

Deno.test("runExperiment evaluates before the first update, at each interval and after the last loop", async () => {
  const events = await collect(toySpec());
  const metrics = metricsOf(events);
  const evaluations = metrics.filter((each) => each.split === "noisy" && metricText(each) === "return");
  assert.deepEqual(evaluations.map(({ updates }) => updates), [0, 120, 240, 360, 460]);
  assert.deepEqual(evaluations.map(({ envSteps }) => envSteps), [40, 280, 520, 760, 960]);
  assert.deepEqual(events.at(-1), { kind: "done" });
  const progress = events.filter((event) => event.kind === "progress").at(-1)!;
  assert.deepEqual(progress.progress, { loop: 240, loops: 240, envSteps: 960, updates: 460 });
  // Losses and costs every hundred loops and at the end.
  const losses = metrics.filter((each) => metricText(each) === "loss");
  assert.deepEqual(losses.map(({ updates }) => updates), [180, 380, 460]);
  assert.ok(losses[0]!.value! > losses[2]!.value!);
  const names = new Set(metrics.filter(({ split }) => split === "train").map(metricText));
  for (
    const name of [
      "loss/prediction",
      "episode_return",
      "plan_pairs",
      "plan_predicted_pairs",
      "plan_hit_rate",
      "cost/act_ms",
      "cost/update_ms",
      "cost/updates_per_second",
      "cost/env_steps_per_second",
      "cost/peak_memory_bytes",
      "cost/wall_time_ms",
      "return/best",
      "return/last_3",
    ]
  ) assert.ok(names.has(name), name);
  const at = (metric: string) => metrics.filter((each) => each.split === "train" && metricText(each) === metric);
  const returns = at("return").map(({ value }) => value!);
  assert.equal(at("return/best")[0]!.value, maxOf(returns));
  assert.equal(at("return/last_3")[0]!.value, returns.slice(-3).reduce((sum, value) => sum + value, 0) / 3);
  // 100 loops x 4 environments x 8 candidates x 2 steps x 2 iterations; the toy has few distinct pairs.
  assert.equal(at("plan_pairs")[1]!.value, 100 * 4 * 8 * 2 * 2);
  assert.ok(at("plan_hit_rate")[1]!.value! > 0.8);
  assert.ok(metrics.every(({ value }) => value === null || Number.isFinite(value)));
  // Acting and updating are all that the speed is made of: 100 loops, two updates each.
  const [acting, updating, perSecond] = ["cost/act_ms", "cost/update_ms", "cost/updates_per_second"].map((name) =>
    at(name)[1]!.value!
  );
  assert.ok(acting! > 0 && updating! > 0);
  assert.ok(Math.abs(1000 / perSecond! - (acting! / 2 + updating!)) < 1e-6);
});

Deno.test("runExperiment gives the same records for the same seed and others for another, and frees all", async () => {
  const tensors = tf.memory().numTensors;
  const first = records(await collect(toySpec()));
  assert.deepEqual(records(await collect(toySpec())), first);
  assert.notDeepEqual(records(await collect(toySpec({ seed: 2 }))), first);
  assert.equal(tf.memory().numTensors, tensors);
});

Deno.test("runExperiment interrupted by its signal and resumed equals an unbroken run to the bit", async () => {
  const whole = records(await collect(toySpec()));
  for (const eventsAnAttempt of [2, 3, 7]) {
    const { events, attempts } = await collectInPieces(toySpec(), {
      eventsAnAttempt,
      checkpointEveryMs: 1e9,
      isKilled: false,
    });
    assert.ok(attempts > 2, `${attempts} attempts`);
    assert.deepEqual(records(events), whole);
  }
});

Deno.test("runExperiment killed and resumed from its last checkpoint equals an unbroken run to the bit", async () => {
  const whole = records(await collect(toySpec()));
  const { events, attempts } = await collectInPieces(toySpec(), {
    eventsAnAttempt: 12,
    checkpointEveryMs: 700,
    isKilled: true,
  });
  assert.ok(attempts > 2, `${attempts} attempts`);
  assert.deepEqual(records(events), whole);
});

Deno.test("runExperiment says progress every second and leaves a checkpoint every interval, by its clock", async () => {
  const clock = steppingClock(5);
  const times: Record<string, number[]> = { progress: [], checkpoint: [] };
  const options = { ...defaults, clock, checkpointEveryMs: 3000 };
  for await (const event of runExperiment(toySpec(), options)) times[event.kind]?.push(clock());
  const gaps = (kind: string) => times[kind]!.slice(1).map((time, k) => time - times[kind]![k]!);
  assert.ok(times["progress"]!.length > 3);
  assert.ok(gaps("progress").every((gap) => gap < 1200), gaps("progress").join());
  assert.ok(times["checkpoint"]!.length > 1);
  assert.ok(gaps("checkpoint").slice(0, -1).every((gap) => gap >= 3000), gaps("checkpoint").join());
});

Deno.test("runExperiment adds up the elapsed time of its attempts", async () => {
  const { events } = await collectInPieces(toySpec(), { eventsAnAttempt: 5, checkpointEveryMs: 1e9, isKilled: false });
  const elapsed = metricsOf(events).map(({ elapsedMs }) => elapsedMs);
  assert.deepEqual(elapsed, elapsed.toSorted((a, b) => a - b));
});

Deno.test("runExperiment fails at a NaN loss with its name and update", async () => {
  const tensors = tf.memory().numTensors;
  await assert.rejects(() => collect(toySpec({ method: { id: "linear", nanAtUpdate: 33 } })), {
    message: "Cannot train: loss loss is not finite at update 33, expected a finite number, got NaN",
  });
  assert.equal(tf.memory().numTensors, tensors);
});

Deno.test("runExperiment says why a spec cannot be run before anything is trained", async () => {
  const fails = (changes: Parameters<typeof toySpec>[0], message: RegExp) =>
    assert.rejects(() => collect(toySpec(changes)), { name: "RangeError", message });
  await fails({ method: { id: "picky" } }, /^Cannot run picky: it needs continuous variables/);
  await fails({ method: { id: "nothing" } }, /^Cannot find method "nothing": .* one of linear, picky/);
  await fails(
    { training: { randomLoops: 3 } },
    /expected training.randomLoops of at least the episode's 4 steps, got 3/,
  );
  await fails({ training: { predictionSteps: 5 } }, /expected training.predictionSteps of at most 4, got 5/);
});

Deno.test("runExperiment refuses another run's checkpoint before its first event", async () => {
  const controller = new AbortController();
  controller.abort();
  const events = await collect(toySpec(), { signal: controller.signal });
  const last = events.at(-1)!;
  assert.ok(last.kind === "checkpoint");
  let seen = 0;
  await assert.rejects(async () => {
    const options = { ...defaults, checkpoint: last.bytes };
    for await (const _ of runExperiment(toySpec({ seed: 2 }), options)) seen++;
  }, /^RangeError: Cannot resume from the checkpoint: it is another run's/);
  assert.equal(seen, 0);
});
