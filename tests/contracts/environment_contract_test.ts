import assert from "node:assert/strict";
import { append } from "../../lib/core/append.ts";
import { Rng } from "../../lib/core/rng.ts";
import { decodeValues, encodeValues, totalWidth, type Variable, widthOf } from "../../lib/core/variable.ts";
import {
  type Environment,
  type EnvironmentState,
  learnableEdgesOf,
  type Transitions,
} from "../../lib/envs/environment.ts";
import { environments } from "../../lib/envs/registry.ts";

/** E, instances in parallel. */
const episodes = 4;
/** Steps of a test's walk. */
const steps = 6;

for (const entry of environments) {
  const module = await entry.load();
  const options = module.parseOptions({});

  /** A contract test with an environment of its own, freed at the end. */
  const contract = (claim: string, check: (environment: Environment) => void | Promise<void>) => {
    Deno.test(`${entry.id} ${claim}`, async () => {
      const environment = await module.create(options, 1);
      try {
        await check(environment);
      } finally {
        environment.dispose();
      }
    });
  };

  Deno.test(`${entry.id} has options that parse to themselves, and refuses unknown ones with a sentence`, () => {
    assert.deepEqual(module.parseOptions(options), options);
    assert.deepEqual(module.parseOptions(JSON.parse(JSON.stringify(options))), options);
    assert.match(module.taskName(options), /^[a-z0-9][a-z0-9-]*$/);
    for (const wrong of [{ noSuchOption: 1 }, null, 3]) {
      assert.throws(() => module.parseOptions(wrong), { name: "RangeError", message: /^Cannot .+: .+, got .+/ });
    }
  });

  contract("describes itself", ({ spec }) => {
    assert.equal(spec.id, entry.id);
    assert.ok(spec.stateVariables.length > 0 && spec.actionVariables.length > 0);
    assert.ok(Number.isInteger(spec.episodeLength) && spec.episodeLength > 0);
    assert.ok(spec.contextNames.length > 0);
    for (const names of [spec.stateVariables, spec.actionVariables].map((list) => list.map(({ name }) => name))) {
      assert.equal(new Set(names).size, names.length, "names are unique");
    }
    const ids = spec.splits.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, "split ids are unique");
    assert.ok(ids.includes("train"));
    for (const split of spec.splits) {
      assert.match(split.id, /^[a-z0-9-]+$/);
      assert.ok(split.scoredVariables.length > 0);
      assert.equal(new Set(split.scoredVariables).size, split.scoredVariables.length);
      for (const index of split.scoredVariables) {
        assert.ok(Number.isInteger(index) && index >= 0 && index < spec.stateVariables.length);
      }
    }
    const train = spec.splits.find(({ id }) => id === "train")!;
    assert.ok(train.inDistribution);
    assert.equal(train.shift, null);
  });

  contract("resets every split to legal values of the promised shapes", (environment) => {
    const { spec } = environment;
    for (const { id } of spec.splits) {
      const state = environment.reset(id, { count: episodes, rng: new Rng(1) });
      checkState(environment, state);
      assert.deepEqual(environment.reset(id, { count: episodes, rng: new Rng(1) }), state, "same chance, same start");
    }
    assert.throws(() => environment.reset("no such split", { count: 1, rng: new Rng(1) }), {
      name: "RangeError",
      message: /^Cannot find split "no such split": unknown name, expected one of .*train/,
    });
  });

  contract("steps without changing its input, the same for the same chance", (environment) => {
    const rng = new Rng(2);
    for (const { id } of environment.spec.splits) {
      let state = environment.reset(id, { count: episodes, rng });
      for (let step = 0; step < steps; step++) {
        const actions = randomActions(environment, rng);
        const before = copyOf({ state, actions });
        const chance = rng.state();
        const result = environment.step(state, { actions, rng });
        assert.deepEqual({ state, actions }, before, "input unchanged");
        const kept = copyOf(result);
        const again = environment.step(state, { actions, rng: Rng.fromState(chance) });
        assert.deepEqual(again, kept, "same chance, same result");
        assert.deepEqual(result, kept, "a later step leaves an earlier result unchanged");
        checkState(environment, result.state);
        assert.deepEqual(result.state.goal, state.goal, "goal unchanged");
        state = result.state;
      }
    }
  });

  contract("gives planners the reward of its steps", (environment) => {
    const rng = new Rng(3);
    for (const { id } of environment.spec.splits) {
      let state = environment.reset(id, { count: episodes, rng });
      for (let step = 0; step < steps; step++) {
        const result = environment.step(state, { actions: randomActions(environment, rng), rng });
        state = result.state;
        assert.equal(result.reward.length, episodes);
        assert.equal(result.success.length, episodes);
        assert.ok(result.reward.every(Number.isFinite));
        assert.ok(result.success.every((success) => success === 0 || success === 1));
        assert.deepEqual(environment.reward(state.values, state.goal), result.reward);
      }
    }
  });

  contract("has local graphs within the global graph, contexts with names, and marks of evaluation", (environment) => {
    const { spec } = environment;
    const n = spec.stateVariables.length;
    const m = spec.actionVariables.length;
    const global = environment.globalGraph();
    assert.equal(global.length, n * (n + m));
    assert.ok(global.every((edge) => edge === 0 || edge === 1));
    const learnable = learnableEdgesOf(spec);
    assert.equal(learnable.length, n * (n + m));
    for (let row = 0; row < n; row++) assert.equal(learnable[row * (n + m) + row], 0, "self edges are given");
    assert.ok(learnable.some((each, k) => each === 1 && global[k] === 1), "some edge has to be learned");
    for (const split of spec.splits) {
      const transitions = walk(environment, { split: split.id, rng: new Rng(4) });
      const before = copyOf(transitions);
      const rows = transitions.values.length / n;
      const graphs = environment.localGraphs(transitions);
      assert.equal(graphs.length, rows * global.length);
      for (const [index, edge] of graphs.entries()) {
        assert.ok(edge === 0 || edge === 1);
        assert.ok(edge <= global[index % global.length]!, `edge ${index % global.length} is not in the global graph`);
      }
      const contexts = environment.contexts(transitions);
      assert.equal(contexts.length, rows);
      assert.ok(contexts.every((context) => context < spec.contextNames.length));
      for (const { id } of spec.splits) {
        const marks = environment.isEvaluated(id, transitions);
        assert.equal(marks.length, rows);
        assert.ok(marks.every((mark) => mark === 0 || mark === 1));
      }
      assert.deepEqual(transitions, before, "input unchanged");
    }
    global.fill(0);
    assert.ok(environment.globalGraph().some((edge) => edge === 1), "globalGraph returns a copy");
  });

  contract("has local graphs that follow from its rule, if it has one, however it is observed", (environment) => {
    const rule = environment.localGraphRule?.();
    if (rule === undefined) return;
    const { stateVariables, actionVariables, splits } = environment.spec;
    const variables = [...stateVariables, ...actionVariables];
    assert.deepEqual(rule.categories, rule.reads.map((column) => widthOf(variables[column]!)));
    assert.equal(rule.graphOf.length, rule.categories.reduce((product, count) => product * count, 1));
    for (const { id, shift } of splits) {
      const transitions = walk(environment, { split: id, rng: new Rng(8) });
      const encoded = encodeValues(stateVariables, transitions.values);
      const seen = decodeValues(stateVariables, shift ? shift.apply(encoded, new Rng(9)) : encoded);
      const truth = environment.localGraphs(transitions);
      const { length: n } = stateVariables;
      const { length: m } = actionVariables;
      for (let row = 0; row < seen.length / n; row++) {
        const value = (column: number) =>
          column < n ? seen[row * n + column]! : transitions.actions[row * m + column - n]!;
        const place: number = rule.reads.reduce((sum, column, k) => sum * rule.categories[k]! + value(column), 0);
        const size = n * (n + m);
        assert.deepEqual(rule.graphs[rule.graphOf[place]!], truth.slice(row * size, (row + 1) * size));
      }
    }
  });

  contract("has values and actions that encoding keeps", (environment) => {
    const { spec } = environment;
    for (const { id } of spec.splits) {
      const { values, actions } = walk(environment, { split: id, rng: new Rng(5) });
      assert.deepEqual(decodeValues(spec.stateVariables, encodeValues(spec.stateVariables, values)), values);
      assert.deepEqual(decodeValues(spec.actionVariables, encodeValues(spec.actionVariables, actions)), actions);
    }
  });

  contract("shifts observations without changing their input, unscored variables only", (environment) => {
    const { spec } = environment;
    const width = totalWidth(spec.stateVariables);
    for (const { id, shift, scoredVariables } of spec.splits) {
      if (shift === null) continue;
      assert.ok(shift.description.length > 0);
      const changes = new Set<number>();
      // Observations of training, on which prediction is scored; a split's own episodes may start shifted already.
      const encoded = encodeValues(
        spec.stateVariables,
        environment.reset("train", { count: episodes, rng: new Rng(6) }).values,
      );
      const before = encoded.slice();
      const shifted = shift.apply(encoded, new Rng(7));
      assert.deepEqual(encoded, before, "input unchanged");
      assert.notEqual(shifted, encoded);
      assert.equal(shifted.length, encoded.length);
      assert.deepEqual(shift.apply(encoded, new Rng(7)), shifted, "same chance, same shift");
      let column = 0;
      for (const [index, variable] of spec.stateVariables.entries()) {
        for (const last = column + widthOf(variable); column < last; column++) {
          for (let at = column; at < encoded.length; at += width) {
            if (scoredVariables.includes(index)) assert.equal(shifted[at], encoded[at], `${id}: ${variable.name}`);
            else if (shifted[at] !== encoded[at]) changes.add(index);
          }
        }
      }
      assert.deepEqual([...changes].sort(), [...shift.variables].sort(), `${id} changes what it says, and that`);
    }
  });
}

/** Asserts shapes and legal values of a state. */
function checkState({ spec }: Environment, state: EnvironmentState): void {
  const count = spec.stateVariables.length;
  assert.equal(state.values.length, episodes * count);
  assert.equal(state.goal.length, episodes * spec.goalWidth);
  assert.equal(state.hidden.length, episodes * spec.hiddenWidth);
  for (const [index, value] of state.values.entries()) {
    const variable = spec.stateVariables[index % count]!;
    assert.ok(Number.isFinite(value));
    if (variable.kind === "categorical") {
      assert.ok(Number.isInteger(value) && value >= 0 && value < variable.categories, `${variable.name} = ${value}`);
    }
  }
}

/** Actions uniform over each variable's range, [E, M]. */
function randomActions({ spec }: Environment, rng: Rng): Float32Array {
  const draw = (variable: Variable) =>
    variable.kind === "categorical"
      ? rng.integer(variable.categories)
      : variable.low + (variable.high - variable.low) * rng.uniform();
  return Float32Array.from(Array.from({ length: episodes }, () => spec.actionVariables.map(draw)).flat());
}

/** Transitions of a random walk of all instances. */
function walk(environment: Environment, { split, rng }: { readonly split: string; readonly rng: Rng }): Transitions {
  const values: number[] = [];
  const actions: number[] = [];
  const nextValues: number[] = [];
  let state = environment.reset(split, { count: episodes, rng });
  for (let step = 0; step < steps; step++) {
    const chosen = randomActions(environment, rng);
    append(values, state.values);
    append(actions, chosen);
    state = environment.step(state, { actions: chosen, rng }).state;
    append(nextValues, state.values);
  }
  return {
    values: Float32Array.from(values),
    actions: Float32Array.from(actions),
    nextValues: Float32Array.from(nextValues),
  };
}

function copyOf<T>(value: T): T {
  return structuredClone(value);
}
