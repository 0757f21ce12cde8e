import { deepEqual, equal } from "node:assert/strict";
import { mixedSettingsNote } from "../../reports/build/mixed_settings.ts";

const spec = {
  planner: { candidates: 16 },
  training: { loops: 10, learningRate: 0.001 },
  evaluation: { episodes: 2 },
  environment: { id: "chemical", shiftScale: 100 },
  method: { id: "mlp", hidden: [32] },
};
const run = { environment: "chemical-fork", method: "old", spec };

Deno.test("mixedSettingsNote says what runs of one suite do not agree in, and nothing where they do", () => {
  equal(mixedSettingsNote([]), null);
  const wide = { ...spec, method: { id: "mlp", hidden: [64] }, environment: { id: "magnetic" } };
  // Other methods and environments have other options.
  equal(mixedSettingsNote([run, run, { environment: "magnetic", method: "wide", spec: wide }]), null);
  const note = mixedSettingsNote([
    run,
    { ...run, method: "new", spec: { ...spec, training: { loops: 400, learningRate: 0.01 } } },
    { ...run, spec: { ...spec, method: { id: "mlp", hidden: [8] } } },
    { ...run, spec: { ...spec, environment: { id: "chemical" } } },
    { ...run, spec: null },
  ])!;
  equal(note.tone, "error");
  deepEqual(note.lines.slice(1), [
    "training.loops: 10 or 400",
    "training.learningRate: 0.001 or 0.01",
    "method old: method.hidden: [8] or [32]",
    "environment chemical-fork: environment.shiftScale: 100 or not set",
  ]);
});
