import * as tf from "@tensorflow/tfjs";
import { applyLinear, createStackedLinear, type Linear, plainInit } from "../../tensor/layers.ts";
import { linear } from "../../tensor/ops/linear.ts";
import type { ParameterSet } from "../../tensor/parameters.ts";
import type { StepInput, StepNetwork, StepOutput } from "../rollout_model.ts";
import { headWidth, type ModelRuns, type VariableRun } from "../variable_runs.ts";
import { createGruStack, gruCell, type GruStack, sliceGruStack } from "./gru.ts";
import { lookUpGates } from "./gate_table.ts";
import type { TestedGraph } from "./tested_graph.ts";

/** The targets that read one input, and what they read it with. */
interface Reader {
  /** The input's place among state and action variables, and its place in the run of its embedding. */
  readonly column: number;
  readonly run: number;
  readonly index: number;
  /** Neighbouring targets that hold all readers. */
  readonly first: number;
  readonly count: number;
  /** 1 for targets that read it, float32 [count, 1, 1]; null where all do. */
  readonly reads: tf.Tensor3D | null;
  readonly unit: GruStack;
  /** Gates' input part for every category, float32 [count, c, 3H]; null where the input is not a table. */
  readonly table: tf.Tensor3D | null;
}

/** Embeddings of all variables, a recurrent unit a target that reads its parents', and a head. */
export class GraderNetwork implements StepNetwork {
  readonly parameters: ParameterSet;
  readonly graph: TestedGraph;
  readonly #runs: ModelRuns;
  readonly #embeddings: readonly { readonly run: VariableRun; readonly layer: Linear; readonly column: number }[];
  readonly #units: GruStack;
  readonly #heads: readonly Linear[];
  readonly #usesTables: boolean;
  /** Readers of the rollout under way, on its tape. */
  #trainingReaders: readonly Reader[] | null = null;
  /** Readers of the weights and the graph as they are, kept for many evaluations. */
  #evaluationReaders: readonly Reader[] | null = null;

  /** @param options.width H, of embeddings and hidden states. */
  constructor(
    parameters: ParameterSet,
    options: {
      runs: ModelRuns;
      width: number;
      firstLayers: "tables" | "dense";
      createGraph: (parameters: ParameterSet) => TestedGraph;
    },
  ) {
    const { runs, width } = options;
    this.parameters = parameters;
    this.#runs = runs;
    this.#usesTables = options.firstLayers === "tables";
    const embed = (kind: string, run: VariableRun, r: number) => ({
      run,
      column: run.start + (kind === "action" ? runs.stateCount : 0),
      layer: createStackedLinear(parameters, {
        name: `embedding.${kind}.${r}`,
        stack: run.count,
        inputs: run.width,
        outputs: width,
        init: plainInit({ inputs: run.width }),
      }),
    });
    this.#embeddings = [
      ...runs.state.map((run, r) => embed("state", run, r)),
      ...runs.action.map((run, r) => embed("action", run, r)),
    ];
    this.#units = createGruStack(parameters, { name: "unit", stack: runs.stateCount, width });
    this.#heads = runs.state.map((run, r) =>
      createStackedLinear(parameters, {
        name: `head.${r}`,
        stack: run.count,
        inputs: width,
        outputs: headWidth(run),
        init: plainInit({ inputs: width }),
      })
    );
    this.graph = options.createGraph(parameters);
  }

  beginUpdate(): void {
    this.#trainingReaders = this.#readers();
  }

  /** Called when the graph has changed, too. */
  weightsChanged(): void {
    this.#trainingReaders = null;
    for (const reader of this.#evaluationReaders ?? []) tf.dispose(tensorsOf(reader));
    this.#evaluationReaders = null;
  }

  step({ state, action, noise, isOneHot, isData }: StepInput): StepOutput {
    const inputs = [...state, ...action];
    const readers = noise ? this.#trainingReaders : this.#keptReaders();
    if (!readers) throw new RangeError("Cannot take a training step: expected beginUpdate() before it, got none");
    const embedded = this.#embeddings.map(({ layer }, e) => applyLinear(inputs[e]!, layer, "relu") as tf.Tensor3D);
    const states = embedded.slice(0, state.length);
    let hidden = states.length === 1 ? states[0]! : tf.concat(states, 0) as tf.Tensor3D;
    for (const reader of readers) {
      const fromInput = isOneHot && reader.table
        ? this.#gatesOfOneHot(inputs[reader.run]!, reader, { learnsInput: !isData && reader.run < state.length })
        : gates(embedded[reader.run]!, reader);
      hidden = read(hidden, { reader, fromInput });
    }
    const active = hidden.relu();
    return {
      heads: this.#runs.state.map((run, r) => {
        const part = this.#runs.state.length === 1
          ? active
          : active.slice([run.start, 0, 0], [run.count, active.shape[1]!, active.shape[2]!]);
        return applyLinear(part, this.#heads[r]!) as tf.Tensor3D;
      }),
    };
  }

  #gatesOfOneHot(
    input: tf.Tensor3D,
    { run, index, unit, table }: Reader,
    options: { learnsInput: boolean },
  ): tf.Tensor3D {
    const { layer } = this.#embeddings[run]!;
    const [, batch, width] = input.shape;
    return lookUpGates(input.slice([index, 0, 0], [1, batch, width]), {
      table: table!,
      inputWeight: unit.inputWeight,
      embedding: { weight: oneOf(layer.weight, index), bias: oneOf(layer.bias!, index) },
      ...options,
    });
  }

  #keptReaders(): readonly Reader[] {
    if (this.#evaluationReaders) return this.#evaluationReaders;
    let kept: readonly Reader[] = [];
    tf.tidy(() => {
      kept = this.#readers();
      for (const tensor of kept.flatMap(tensorsOf)) tf.keep(tensor);
    });
    return this.#evaluationReaders = kept;
  }

  /** Readers of each input that the graph gives any, in order; on the tape of an update. */
  #readers(): readonly Reader[] {
    const { stateCount, actionCount } = this.#runs;
    const width = stateCount + actionCount;
    const edges = this.graph.edges();
    return this.#embeddings.flatMap(({ run, layer, column }, e) =>
      Array.from({ length: run.count }, (_, index): Reader[] => {
        const input = column + index;
        // A target's own variable is its first hidden state, and not read again.
        const targets = Array.from({ length: stateCount }, (_, j) => j)
          .filter((j) => j !== input && edges[j * width + input] === 1);
        if (targets.length === 0) return [];
        const first = targets[0]!;
        const count = targets.at(-1)! - first + 1;
        const unit = sliceGruStack(this.#units, { first, count });
        const reads = targets.length === count
          ? null
          : tf.tensor3d(Array.from({ length: count }, (_, k) => targets.includes(first + k) ? 1 : 0), [count, 1, 1]);
        const table = this.#usesTables && run.kind === "categorical"
          ? gates(oneOf(layer.weight, index).add(oneOf(layer.bias!, index)).relu(), { index: 0, count, unit })
          : null;
        return [{ column: input, run: e, index, first, count, reads, unit, table }];
      }).flat()
    );
  }
}

function tensorsOf({ unit, reads, table }: Reader): tf.Tensor[] {
  return [...Object.values(unit) as tf.Tensor[], ...(reads ? [reads] : []), ...(table ? [table] : [])];
}

/** Entry `index` of a stack, kept as a stack of one. */
function oneOf(stack: tf.Tensor, index: number): tf.Tensor3D {
  return stack.slice([index, 0, 0], [1, -1, -1]) as tf.Tensor3D;
}

/** Input part of the gates of `count` units for embedding `index` of [n, B, H]: float32 [count, B, 3H]. */
function gates(
  embedded: tf.Tensor3D,
  { index, count, unit }: { index: number; count: number; unit: GruStack },
): tf.Tensor3D {
  const input = oneOf(embedded, index).tile([count, 1, 1]);
  return linear(input, { weight: unit.inputWeight, bias: unit.inputBias }) as tf.Tensor3D;
}

/** Hidden states [N, B, H] after the readers of one input have read it. */
function read(hidden: tf.Tensor3D, options: { reader: Reader; fromInput: tf.Tensor3D }): tf.Tensor3D {
  const { reader: { first, count, reads, unit }, fromInput } = options;
  const [targets, batch, width] = hidden.shape;
  const before = count === targets ? hidden : hidden.slice([first, 0, 0], [count, batch, width]);
  const fromHidden = linear(before, {
    weight: unit.hiddenWeight,
    bias: unit.hiddenBias,
  }) as tf.Tensor3D;
  const cell = gruCell(fromInput, fromHidden, before);
  const after = reads ? before.add(cell.sub(before).mul(reads)) as tf.Tensor3D : cell;
  const last = first + count;
  const parts = [
    ...(first > 0 ? [hidden.slice([0, 0, 0], [first, batch, width])] : []),
    after,
    ...(last < targets ? [hidden.slice([last, 0, 0], [targets - last, batch, width])] : []),
  ];
  return parts.length === 1 ? after : tf.concat(parts, 0) as tf.Tensor3D;
}
