import assert from "node:assert/strict";
import { headline, judge } from "../../../lib/metrics/verdicts/judge.ts";
import type { Verdict } from "../../../lib/metrics/verdicts/verdict.ts";
import type { DynamicsModel } from "../../../lib/model/dynamics_model.ts";
import { measureRun } from "../../../reports/build/measure_run.ts";
import {
  codebookModel,
  everyEdge,
  forkEdges,
  graphOf,
  plainModel,
  recordsOf,
  sampleGraphModel,
  type Seen,
  someEdges,
  trueContext,
} from "./made_models.ts";

const contextGraphs = [graphOf(everyEdge), graphOf(forkEdges)];

async function verdictsOn(model: DynamicsModel): Promise<Verdict[]> {
  return judge(measureRun(await recordsOf(model)));
}

function titles(verdicts: readonly Verdict[], ...outcomes: readonly Verdict["outcome"][]): string[] {
  return verdicts.filter(({ outcome }) => outcomes.includes(outcome)).map(({ title }) => title);
}

function sentenceOf(verdicts: readonly Verdict[], check: Verdict["check"]): string {
  return verdicts.find((verdict) => verdict.check === check)!.sentence;
}

Deno.test("judge: a model with each context's graph and a code a context is sound, and says in what", async () => {
  const verdicts = await verdictsOn(codebookModel(trueContext, contextGraphs));
  assert.deepEqual(titles(verdicts, "fault", "limit", "unchecked"), []);
  assert.equal(
    headline(verdicts),
    "Sound: codebook in use, graphs that differ, contexts told apart, codes under the shift, no edges too many, " +
      "no edges missing.",
  );
  assert.match(sentenceOf(verdicts, "contexts"), /takes away 100 % of the uncertainty .* AMI 1\.$/);
  assert.match(sentenceOf(verdicts, "shift"), /is kept by 100 % in n = 2 \(its graph by 100 %\) of the samples/);
  assert.match(sentenceOf(verdicts, "density"), /global: 10 of 10 .* local: 4 of 10 learnable edges inferred where 4/);
});

Deno.test("judge: many codes that each belong to one context are sound, however low their AMI", async () => {
  const code = (seen: Seen) => 2 * (seen.action % 8) + trueContext(seen);
  const graphs = Array.from({ length: 16 }, (_, index) => contextGraphs[index % 2]!);
  const verdicts = await verdictsOn(codebookModel(code, graphs));
  assert.deepEqual(titles(verdicts, "fault", "limit", "unchecked"), []);
  assert.ok(Number(/AMI ([\d.]+[\d])/.exec(sentenceOf(verdicts, "contexts"))![1]) < 0.4);
});

Deno.test("judge: edges without effect inside their context may be missing", async () => {
  // The root has one colour in the local context, so no data shows its edges there.
  const graphs = [graphOf(everyEdge), graphOf(() => false)];
  const verdicts = await verdictsOn(codebookModel(trueContext, graphs));
  assert.deepEqual(titles(verdicts, "fault", "limit", "unchecked"), []);
});

Deno.test("judge: a codebook with one code for nearly all samples has collapsed", async () => {
  const code = ({ seenColors }: Seen) => seenColors.every((color) => color === 2) ? 1 : 0;
  const verdicts = await verdictsOn(codebookModel(code, [graphOf(someEdges), graphOf(forkEdges), graphOf(forkEdges)]));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["codebook collapsed"]);
  assert.match(sentenceOf(verdicts, "collapse"), /used as if there were 1\.\d+ \(perplexity, below 1\.5\); 1 have no/);
  assert.ok(!headline(verdicts).includes("Sound"));
});

Deno.test("judge: codes that all have one graph", async () => {
  const verdicts = await verdictsOn(codebookModel(trueContext, [graphOf(someEdges), graphOf(someEdges)]));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["all codes have one graph"]);
});

Deno.test("judge: shuffled codes ignore contexts, and so give the local one edges that are not its own", async () => {
  const shuffled = (seen: Seen) => {
    const { seenColors: [root, , , third, fourth], action } = seen;
    // Known from the sample, the same before and after the shift, and as good as random.
    const mixed = Math.imul(root! + 3 * third! + 9 * fourth! + 27 * action + 1, 0x9e3779b1) >>> 0;
    return mixed % 3 === 0 ? 1 : 0;
  };
  const verdicts = await verdictsOn(codebookModel(shuffled, contextGraphs));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["codes ignore contexts", "graphs too dense (local)"]);
});

Deno.test("judge: codes of one irrelevant variable ignore contexts", async () => {
  const verdicts = await verdictsOn(codebookModel(({ seenColors }) => seenColors[3]!, [
    graphOf(someEdges),
    graphOf(forkEdges),
    graphOf((row, column) => someEdges(row, column) && row !== 2),
  ]));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["codes ignore contexts"]);
  assert.match(
    sentenceOf(verdicts, "contexts"),
    /^The codes ignore contexts: knowing the code takes away \u2212?[0-3]/,
  );
});

Deno.test("judge: codes that tell contexts apart with graphs that do not", async () => {
  // Codes 0 and 1 are the contexts and share a graph; code 2 takes some samples of either.
  const code = (seen: Seen) => seen.seenColors[3] === 0 && trueContext(seen) === 0 ? 2 : trueContext(seen);
  const graphs = [graphOf(someEdges), graphOf(someEdges), graphOf(forkEdges)];
  const verdicts = await verdictsOn(codebookModel(code, graphs));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["graphs ignore contexts"]);
});

Deno.test("judge: codes that hang on a shifted variable change under the shift", async () => {
  const code = (seen: Seen) => {
    const isShifted = Math.abs(seen.encoded.subarray(3, 6).reduce((sum, x) => sum + x, 0) - 1) > 1e-6;
    return isShifted ? 1 - trueContext(seen) : trueContext(seen);
  };
  const verdicts = await verdictsOn(codebookModel(code, contextGraphs));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["the shift changes the code"]);
  assert.match(sentenceOf(verdicts, "shift"), /is kept by only 0 % in n = 2 \(its graph by 0 %\) of the samples/);
});

Deno.test("judge: graphs with nearly all edges are too dense where a context has few", async () => {
  const dense = [graphOf(everyEdge), graphOf((row, column) => row !== 4 || column !== 3)];
  const verdicts = await verdictsOn(codebookModel(trueContext, dense));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["graphs too dense (local)"]);
  assert.match(sentenceOf(verdicts, "density"), /local: 9 of 10 learnable edges inferred where 4 are true, 5 too many/);
});

Deno.test("judge: graphs with hardly an edge are too sparse", async () => {
  const empty = [graphOf((row, column) => row === 1 && column === 0), graphOf(() => false)];
  const verdicts = await verdictsOn(codebookModel(trueContext, empty));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["graphs too sparse"]);
  assert.match(sentenceOf(verdicts, "sparsity"), /\(of 10 possible\) they have 0\.\d/);
});

Deno.test("judge: edges against the causal order are wrong given edges", async () => {
  const against = contextGraphs.map((graph) => graph.map((edge, k) => k === 1 || k === 2 ? 1 : edge));
  const verdicts = await verdictsOn(codebookModel(trueContext, against));
  assert.deepEqual(titles(verdicts, "fault", "limit"), ["given edges wrong"]);
  assert.match(sentenceOf(verdicts, "given-edges"), /^2 entries a graph are wrong/);
});

Deno.test("judge: one graph for all is a limit, not a fault, and is held against each context", async () => {
  const all = await verdictsOn(sampleGraphModel(() => graphOf(everyEdge)));
  assert.deepEqual(titles(all, "limit"), ["one graph for all samples"]);
  assert.deepEqual(titles(all, "fault"), ["graphs too dense (local)"]);
  const some = await verdictsOn(sampleGraphModel(() => graphOf(someEdges)));
  assert.deepEqual(titles(some, "fault"), []);
  // One code by choice is the same.
  const single = await verdictsOn(codebookModel(() => 0, [graphOf(someEdges)]));
  assert.deepEqual(titles(single, "fault"), []);
  assert.deepEqual(titles(single, "limit"), ["one graph for all samples"]);
  // Neither contexts nor codes under the shift can be called sound.
  for (const verdicts of [some, single]) {
    assert.deepEqual(titles(verdicts, "sound"), ["no edges too many", "no edges missing"]);
    assert.equal(headline(verdicts), "One graph for all samples.");
  }
});

Deno.test("judge: graphs of single samples are judged as codes are", async () => {
  const right = await verdictsOn(sampleGraphModel((seen) => contextGraphs[trueContext(seen)]!));
  assert.deepEqual(titles(right, "fault", "limit", "unchecked"), []);
  assert.match(sentenceOf(right, "contexts"), /^The graphs tell contexts apart/);
  const wrong = await verdictsOn(
    sampleGraphModel(({ encoded }) =>
      graphOf((row, column) => someEdges(row, column) && (row !== 2 || encoded[3]! > 0))
    ),
  );
  assert.deepEqual(titles(wrong, "fault", "limit"), ["graphs ignore contexts", "the shift changes the graph"]);
});

Deno.test("judge: nothing is said of a model without graphs, and old records are never called sound", async () => {
  const plain = await verdictsOn(plainModel());
  assert.deepEqual(plain, []);
  assert.equal(headline(plain), "Nothing to check: the method has no causal graph.");
  const records = await recordsOf(codebookModel(trueContext, contextGraphs));
  const old = records.filter(({ name }) => !/^learnable|_information$|_agreement$|^graph_|^given/.test(name));
  const verdicts = judge(measureRun(old));
  assert.deepEqual(titles(verdicts, "fault", "limit"), []);
  assert.deepEqual(titles(verdicts, "sound"), ["codebook in use"]);
  assert.equal(
    headline(verdicts),
    "Sound: codebook in use. Not checked: graphs that differ, contexts told apart, codes under the shift, " +
      "no edges too many, no edges missing.",
  );
  assert.equal(
    headline(judge(measureRun(old.filter(({ name }) => name !== "perplexity")))).includes("Sound"),
    false,
  );
});
