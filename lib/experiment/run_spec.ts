import { z } from "zod";

const slug = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and dashes");
const positiveInteger = z.int().positive();
const count = z.int().nonnegative();

/** Fields of a planner (spec: cross-entropy method). */
export const plannerSchema = z.strictObject({
  /** Steps looked ahead. */
  horizon: positiveInteger.default(3),
  candidates: positiveInteger.default(64),
  elites: positiveInteger.default(32),
  iterations: positiveInteger.default(5),
  /** Ask the model once for each distinct (state, action) pair of a plan; the chosen actions are the same. */
  distinctPairs: z.boolean().default(true),
}).refine((planner) => planner.elites <= planner.candidates, {
  path: ["elites"],
  error: "expected at most as many elites as candidates",
});

/** Fields of the training loop. One loop is one action in each environment, then `updatesPerLoop` gradient updates. */
export const trainingSchema = z.strictObject({
  /** E, environments stepped in parallel. */
  environments: positiveInteger.default(10),
  /** Loops of uniformly random actions without updates. */
  randomLoops: count.default(1000),
  /** Loops with updates. */
  loops: count.default(15100),
  updatesPerLoop: positiveInteger.default(1),
  /** B, windows an update. */
  batchSize: positiveInteger.default(256),
  /** T, steps a window. */
  predictionSteps: positiveInteger.default(3),
  learningRate: z.number().positive().default(1e-4),
  gradientClip: z.number().positive().default(20000),
  /** Chance of a uniformly random action instead of the planned one. */
  explorationEpsilon: z.number().min(0).max(1).default(0.05),
  /** Standard deviation of the noise added to continuous actions. */
  explorationNoise: z.number().nonnegative().default(0),
  /** Share of episodes kept for validation. */
  validationShare: z.number().min(0).max(1).default(0.1),
  /** How often a window may start at one transition. */
  maxWindowUses: positiveInteger.default(128),
});

/** Fields of the evaluation. */
export const evaluationSchema = z.strictObject({
  /** Loops between evaluations; the last loop is always evaluated. */
  everyLoops: positiveInteger.default(1000),
  /** Test episodes of each split. */
  episodes: positiveInteger.default(10),
  /** Transitions on which prediction is scored. */
  batchSize: positiveInteger.default(1024),
});

/** Everything that determines a run's records, as plain data. */
export const runSpecSchema = z.strictObject({
  suite: slug,
  environment: z.looseObject({ id: slug }),
  method: z.looseObject({ id: slug, label: z.string().min(1).max(60).optional() }),
  planner: plannerSchema.prefault({}),
  training: trainingSchema.prefault({}),
  evaluation: evaluationSchema.prefault({}),
  seed: z.int().min(0).max(0x7fffffff),
});

/** A validated run. Its hash is its identity. */
export type RunSpec = z.infer<typeof runSpecSchema>;
