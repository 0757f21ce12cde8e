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

const share = z.number().min(0).max(1);

/** What of the state is observed, in training and test; a run without this field observes all of it. */
export const observationSchema = z.strictObject({
  /** Share of the state variables that are hidden. */
  hiddenShare: share.default(0),
  /** Share of the state variables, hidden ones apart, that are noisy. */
  noisyShare: share.default(0),
  /** Chance that a noisy variable shows a uniformly random value in an observation. */
  noise: share.default(0),
}).superRefine(({ hiddenShare, noisyShare, noise }, context) => {
  // One spelling for "all is observed": the field is left out. So one setting has one identity.
  const rule = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (hiddenShare === 1) rule("hiddenShare", "expected a share below 1");
  else if (hiddenShare + noisyShare > 1) rule("noisyShare", "expected a share of at most 1 with hiddenShare");
  else if (hiddenShare + noisyShare === 0) rule("hiddenShare", "expected a share above 0 or no observation field");
  else if ((noisyShare > 0) !== (noise > 0)) rule("noise", "expected noise above 0 exactly if noisyShare is");
});

/** Everything that determines a run's records, as plain data. */
export const runSpecSchema = z.strictObject({
  suite: slug,
  environment: z.looseObject({ id: slug }),
  method: z.looseObject({ id: slug, label: z.string().min(1).max(60).optional() }),
  planner: plannerSchema.prefault({}),
  training: trainingSchema.prefault({}),
  evaluation: evaluationSchema.prefault({}),
  observation: observationSchema.optional(),
  seed: z.int().min(0).max(0x7fffffff),
});

/** A validated run. Its hash is its identity. */
export type RunSpec = z.infer<typeof runSpecSchema>;
