import assert from "node:assert/strict";
import type { Variable } from "../../lib/core/variable.ts";
import { negativeLogLikelihood, scorePredictions } from "../../lib/metrics/prediction_scores.ts";

const variables: Variable[] = [
  { kind: "categorical", name: "x0", categories: 3 },
  { kind: "categorical", name: "x1", categories: 3 },
  { kind: "continuous", name: "x2", low: -1, high: 1 },
];
const predicted = Float32Array.of(0, 1, 0.5, 2, 2, -0.5);
const observed = Float32Array.of(0, 2, 0, 2, 2, 0.5);

Deno.test("scorePredictions counts right categories and squares errors", () => {
  assert.deepEqual(scorePredictions(predicted, observed, { variables }), {
    accuracy: 0.75,
    mse: (0.25 + 1) / 2,
    byVariable: [1, 0.5, 0.625],
  });
});

Deno.test("scorePredictions scores only the variables and samples that count", () => {
  const scores = scorePredictions(predicted, observed, { variables, scoredVariables: [1], included: [1, 0] });
  assert.deepEqual(scores, { accuracy: 0, mse: null, byVariable: [1, 0, 0.25] });
  const none = scorePredictions(predicted, observed, { variables, included: [0, 0] });
  assert.deepEqual(none, { accuracy: null, mse: null, byVariable: [null, null, null] });
});

Deno.test("scorePredictions refuses shapes that do not fit", () => {
  assert.throws(() => scorePredictions([1], observed, { variables }), {
    name: "TypeError",
    message: "Cannot score predictions: lengths differ, expected 6 numbers, got 1",
  });
  assert.throws(() => scorePredictions([1], [1], { variables }), /expected whole rows of 3, got 1 numbers/);
  assert.throws(() => scorePredictions(predicted, observed, { variables, included: [1] }), /expected 1 rows of 3/);
});

Deno.test("negativeLogLikelihood is the mean over samples and scored variables", () => {
  const logProbabilities = [-1, -2, -3, -4, 0, 1];
  assert.deepEqual(negativeLogLikelihood(logProbabilities, { variableCount: 3 }), {
    nll: 9 / 6,
    byVariable: [2.5, 1, 1],
  });
  const scored = negativeLogLikelihood(logProbabilities, {
    variableCount: 3,
    scoredVariables: [0, 1],
    included: [0, 1],
  });
  assert.equal(scored.nll, 2);
  assert.equal(negativeLogLikelihood([], { variableCount: 3 }).nll, null);
  assert.equal(negativeLogLikelihood([-Infinity], { variableCount: 1 }).nll, Infinity);
});
