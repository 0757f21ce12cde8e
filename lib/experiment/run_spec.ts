import { z } from "zod";

const slug = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and dashes");
const positiveInteger = z.int().positive();
const count = z.int().nonnegative();

/** Fields of a planner (spec: cross-entropy method). */
export const plannerSchema = z.strictObject({
  horizon: positiveInteger.default(3).describe("Steps looked ahead"),
  candidates: positiveInteger.default(64).describe("Action sequences drawn in each iteration, for each environment"),
  elites: positiveInteger.default(32).describe("Best candidates, which the next iteration is drawn around"),
  iterations: positiveInteger.default(5).describe("Rounds of drawing and choosing"),
  distinctPairs: z.boolean().default(true).describe(
    "Ask the model once for each distinct (state, action) pair of a plan; the chosen actions are the same",
  ),
}).superRefine(({ elites, candidates }, context) => {
  if (elites <= candidates) return;
  context.addIssue({
    code: "custom",
    path: ["elites"],
    // The value may be the default.
    params: { got: elites },
    message: `expected at most as many elites as the ${candidates} candidates`,
  });
});

/** Fields of the training loop. One loop is one action in each environment, then `updatesPerLoop` gradient updates. */
export const trainingSchema = z.strictObject({
  environments: positiveInteger.default(10).describe("E, environments stepped in parallel"),
  randomLoops: count.default(1000).describe("Loops of uniformly random actions without updates"),
  loops: count.default(15100).describe("Loops with updates"),
  updatesPerLoop: positiveInteger.default(1).describe("Gradient updates after each loop's actions"),
  batchSize: positiveInteger.default(256).describe("B, windows an update"),
  predictionSteps: positiveInteger.default(3).describe("T, steps a window"),
  learningRate: z.number().positive().default(1e-4).describe("Adam's step size"),
  gradientClip: z.number().positive().default(20000).describe("Global norm that gradients are scaled down to"),
  explorationEpsilon: z.number().min(0).max(1).default(0.05).describe(
    "Chance of a uniformly random action instead of the planned one",
  ),
  explorationNoise: z.number().nonnegative().default(0).describe(
    "Standard deviation of the noise added to continuous actions",
  ),
  validationShare: z.number().min(0).max(1).default(0.1).describe("Share of episodes kept for validation"),
  maxWindowUses: positiveInteger.default(128).describe("How often a window may start at one transition"),
});

/** Fields of the evaluation. */
export const evaluationSchema = z.strictObject({
  everyLoops: positiveInteger.default(1000).describe("Loops between evaluations; the last loop is always evaluated"),
  episodes: positiveInteger.default(10).describe("Test episodes of each split"),
  batchSize: positiveInteger.default(1024).describe("Transitions on which prediction is scored"),
});

const share = z.number().min(0).max(1);

/** What of the state is observed, in training and test; a run without this field observes all of it. */
export const observationSchema = z.strictObject({
  hiddenShare: share.default(0).describe("Share of the state variables that are hidden"),
  noisyShare: share.default(0).describe("Share of the state variables, hidden ones apart, that are noisy"),
  noise: share.default(0).describe("Chance that a noisy variable shows a uniformly random value in an observation"),
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
  fast: z.literal(false).optional().describe("Only where methods' accelerations are left out"),
  seed: z.int().min(0).max(0x7fffffff),
});

/** A validated run. Its hash is its identity. */
export type RunSpec = z.infer<typeof runSpecSchema>;
