import assert from "node:assert/strict";
import fc from "fast-check";
import { poolEdges } from "../../lib/metrics/pooled_edges.ts";
import { referenceScores } from "../../lib/metrics/reference_graphs.ts";

Deno.test("poolEdges counts the marked entries of all graphs together", () => {
  // Entry 0 does not count. Graph 0: hit, extra; graph 1: missed, gap; graph 2 is left out.
  const scores = poolEdges([0.9, 0.9, 0.6, 0.1, 0.4, 0.3, 0, 1, 1], [0, 1, 0, 1, 1, 0, 1, 0, 0], {
    entries: 3,
    counted: [0, 1, 1],
    included: [1, 1, 0],
  });
  // Positives 0.9 and 0.4, negatives 0.6 and 0.3: three of four pairs are in order.
  assert.deepEqual(scores, {
    graphs: 2,
    entries: 2,
    shd: 1,
    f1: 2 / 4,
    auc: 0.75,
    density: 2 / 4,
    trueDensity: 2 / 4,
  });
});

Deno.test("poolEdges has no number without graphs, entries or edges", () => {
  const none = poolEdges([1, 0], [1, 0], { entries: 2, counted: [1, 1], included: [0] });
  assert.deepEqual(none, { graphs: 0, entries: 2, shd: null, f1: null, auc: null, density: null, trueDensity: null });
  const given = poolEdges([1, 0], [1, 0], { entries: 2, counted: [0, 0] });
  assert.deepEqual(given, { graphs: 1, entries: 0, shd: 0, f1: null, auc: null, density: null, trueDensity: null });
  const empty = poolEdges([0.2, 0], [0, 0], { entries: 2, counted: [1, 1] });
  assert.deepEqual([empty.shd, empty.f1, empty.density, empty.trueDensity], [0, null, 0, 0]);
});

Deno.test("poolEdges refuses lengths that do not fit", () => {
  assert.throws(() => poolEdges([1, 0, 1], [1, 0], { entries: 2, counted: [1, 1] }), {
    name: "TypeError",
    message: "Cannot pool edges: lengths do not fit, expected 1 graphs of 2 entries, got 3 probabilities, " +
      "2 true entries and 2 marks",
  });
});

Deno.test("referenceScores are what poolEdges gives the three reference graphs", () => {
  const entries = 3;
  const graph = fc.array(fc.constantFrom(0, 1), { minLength: entries, maxLength: entries });
  fc.assert(fc.property(
    fc.array(fc.record({ step: graph, more: graph }), { minLength: 1, maxLength: 6 }),
    (rows) => {
      const steps = rows.flatMap(({ step }) => step);
      // A context's graph has every edge of its steps.
      const truth = rows.flatMap(({ step, more }) => step.map((edge, k) => Math.max(edge, more[k]!)));
      const counted = [1, 1, 1];
      const pool = (inferred: number[]) => ({
        whole: poolEdges(inferred, truth, { entries, counted }),
        step: poolEdges(inferred, steps, { entries, counted }),
      });
      const { whole, step } = pool(truth);
      const references = referenceScores({
        entries,
        trueDensity: whole.trueDensity!,
        stepDensity: step.trueDensity!,
      });
      const graphs = { none: truth.map(() => 0), all: truth.map(() => 1), perfect: truth };
      const near = (a: number | null, b: number | null) => a === b || Math.abs(a! - b!) < 1e-12;
      for (const name of ["none", "all", "perfect"] as const) {
        const measured = pool(graphs[name]);
        const reference = references[name];
        assert.ok(near(measured.whole.shd, reference.shd), `${name} shd`);
        assert.ok(near(measured.whole.f1, reference.f1), `${name} f1`);
        assert.ok(near(measured.whole.density, reference.density), `${name} density`);
        assert.ok(near(measured.step.shd, reference.stepShd), `${name} step shd`);
        assert.ok(near(measured.step.f1, reference.stepF1), `${name} step f1`);
        assert.equal(measured.whole.auc, reference.auc, `${name} auc`);
      }
    },
  ));
});
