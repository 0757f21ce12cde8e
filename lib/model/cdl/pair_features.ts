import * as tf from "@tensorflow/tfjs";
import {
  applyLinear,
  categoryRows,
  createStackedLinear,
  type Linear,
  type ParameterSet,
  stackedInit,
  tableMax,
  type TableMaxSlopes,
} from "../../tensor/mod.ts";
import { distinctRows } from "../distinct_rows.ts";
import { type Factored, joinRuns, type ModelRuns, type VariableRun } from "../variable_runs.ts";

/** What the N targets read. A tensor a run [n, B, w]. */
export interface PairInput {
  /** The state whose variable j target j reads as its own. */
  readonly own: Factored;
  /** The state from which target j reads all variables but its own; may be the same tensors as `own`. */
  readonly others: Factored;
  readonly action: Factored;
}

/** Feature nets on exact one-hots: their outputs for every category, valid while no weight changes. */
export interface PairTables {
  /** float32 [N, R, H]: the rows of all state variables' categories in order, then the action variables'. */
  readonly table: tf.Tensor3D;
  /** Derivatives by state run; null in evaluation. */
  readonly slopes: readonly TableMaxSlopes[] | null;
}

interface PairRun {
  readonly run: VariableRun;
  readonly isState: boolean;
  /** Stacks of N·n layers, index target·n + input. */
  readonly layers: readonly Linear[];
  /** First input in a mask's columns. */
  readonly column: number;
  /** First row in a table, and first row of each variable, int32 [n, 1]; null for a continuous run. */
  readonly offset: number;
  readonly rowOffsets: tf.Tensor2D | null;
  /** 1 where target j meets its own variable, float32 [N, n, 1, 1]; null for actions. */
  readonly isOwn: tf.Tensor | null;
}

/**
 * A feature net for every pair of target and input, `Linear ReLU ... Linear`, and the element-wise maximum over the
 * inputs that a mask lets through (Wang et al. 2022, section 4.2 and the released program).
 */
export class PairFeatures {
  readonly #runs: readonly PairRun[];
  readonly #targets: number;

  /** @param options.widths Widths of a feature net's layers. */
  constructor(parameters: ParameterSet, options: { runs: ModelRuns; widths: readonly number[] }) {
    const { runs, widths } = options;
    this.#targets = runs.stateCount;
    let offset = 0;
    const create = (kind: "state" | "action", run: VariableRun, r: number): PairRun => {
      const isState = kind === "state";
      const inputs = [run.width, ...widths];
      const layers = widths.map((width, k) =>
        createStackedLinear(parameters, {
          name: `feature.${kind}.${r}.${k}`,
          stack: this.#targets * run.count,
          inputs: inputs[k]!,
          outputs: width,
          init: stackedInit({ outputs: width }),
        })
      );
      const column = run.start + (isState ? 0 : runs.stateCount);
      const isOwn = isState ? ownPairs(parameters, run, runs) : null;
      const rowOffsets = run.kind === "categorical" ? rowOffsetsOf(parameters, run, offset) : null;
      const result = { run, isState, layers, column, offset, rowOffsets, isOwn };
      offset += run.count * run.width;
      return result;
    };
    this.#runs = [
      ...runs.state.map((run, r) => create("state", run, r)),
      ...runs.action.map((run, r) => create("action", run, r)),
    ];
  }

  /** Whether every variable is categorical, so that feature nets on one-hots are tables. */
  get areTables(): boolean {
    return this.#runs.every(({ run }) => run.kind === "categorical");
  }

  /**
   * Features of any input.
   *
   * @param mask 0 and 1, float32 [B or 1, N, N + M]; at least one 1 in each row.
   * @returns float32 [N, B, H]; call inside `tf.tidy`.
   */
  dense(input: PairInput, mask: tf.Tensor3D): tf.Tensor3D {
    return this.#largest(this.#runs, {
      own: [...input.own, ...input.action],
      others: [...input.others, ...input.action],
      mask,
    });
  }

  /**
   * The same in evaluation, with nets applied once to each distinct state and each distinct action: a planner asks for
   * many actions in one state. Reads the device.
   *
   * @param mask The same for all samples, float32 [1, N, N + M].
   */
  denseOfDistinct({ state, action }: { state: Factored; action: Factored }, mask: tf.Tensor3D): tf.Tensor3D {
    const [ofStates, ofActions] = tf.split(mask, [this.#targets, mask.shape[2] - this.#targets], 2) as tf.Tensor3D[];
    const largest = (runs: readonly PairRun[], values: Factored, mask: tf.Tensor3D) => {
      const { first, place } = distinctRows(joinRuns(values));
      const distinct = values.map((value) => tf.gather(value, first, 1));
      return tf.gather(this.#largest(runs, { own: distinct, others: distinct, mask }), place, 1);
    };
    return tf.maximum(
      largest(this.#runs.filter(({ isState }) => isState), state, ofStates!),
      largest(this.#runs.filter(({ isState }) => !isState), action, ofActions!),
    );
  }

  /** Largest features of some runs, float32 [N, B, H]; -∞ where a mask lets none of them through. */
  #largest(
    runs: readonly PairRun[],
    { own, others, mask }: { readonly own: Factored; readonly others: Factored; readonly mask: tf.Tensor3D },
  ): tf.Tensor3D {
    const parts = runs.map((pair, p) => {
      const batch = own[p]!.shape[1];
      let value: tf.Tensor = this.#pairs(pair, own[p]!, others[p]!);
      pair.layers.forEach((layer, k) => {
        value = applyLinear(value, layer, k < pair.layers.length - 1 ? "relu" : "linear");
      });
      return value.reshape([this.#targets, pair.run.count, batch, -1]);
    });
    const features = parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
    const isSeen = mask.transpose([1, 2, 0]).expandDims(3).greater(0.5);
    return tf.where(isSeen, features, tf.scalar(-Infinity)).max(1) as tf.Tensor3D;
  }

  /**
   * Tables of exact one-hots; call inside `tf.tidy`, on the tape of an update or once for many evaluations.
   *
   * @param options.training Whether gradients must reach the inputs, which needs slopes.
   */
  tables(options: { training: boolean }): PairTables {
    const parts = this.#runs.map(({ run, layers }) => {
      const [first, ...rest] = layers;
      let value: tf.Tensor = first!.weight.add(first!.bias!);
      for (const layer of rest) value = applyLinear(value.relu(), layer);
      return value.reshape([this.#targets, run.count * run.width, -1]);
    });
    return {
      table: tf.concat(parts, 1) as tf.Tensor3D,
      slopes: options.training ? this.#runs.filter(({ isState }) => isState).map(slopesOf) : null,
    };
  }

  /**
   * The same as {@link PairFeatures.dense} on exact one-hots, through tables.
   *
   * @param options.learnsInput Whether gradients must reach the state.
   */
  lookUp(
    input: PairInput,
    mask: tf.Tensor3D,
    options: { tables: PairTables; learnsInput: boolean },
  ): tf.Tensor3D {
    const { tables: { table, slopes }, learnsInput } = options;
    const rowsOf = (oneHots: Factored) =>
      tf.concat(oneHots.map((part, p) => categoryRows(part, this.#runs[p]!.rowOffsets!)), 0) as tf.Tensor2D;
    return tableMax({
      table,
      mask,
      rows: rowsOf([...input.others, ...input.action]),
      ownRows: rowsOf(input.own),
      learning: learnsInput ? input.own.map((own, r) => ({ own, others: input.others[r]!, slopes: slopes![r]! })) : [],
    });
  }

  /** Input of each pair, float32 [N·n, B, w]. */
  #pairs({ run, isOwn }: PairRun, own: tf.Tensor3D, others: tf.Tensor3D): tf.Tensor3D {
    const [count, batch, width] = own.shape;
    const shape: [number, number, number] = [this.#targets * count, batch, width];
    if (own === others || !isOwn) return others.expandDims(0).tile([this.#targets, 1, 1, 1]).reshape(shape);
    const fromOwn = own.expandDims(0).mul(isOwn);
    const fromOthers = others.expandDims(0).mul(tf.sub(1, isOwn));
    return fromOwn.add(fromOthers).reshape([this.#targets * run.count, batch, width]);
  }
}

function ownPairs(parameters: ParameterSet, run: VariableRun, { stateCount }: ModelRuns): tf.Tensor {
  const isOwn = Float32Array.from(
    { length: stateCount * run.count },
    (_, pair) => Math.floor(pair / run.count) === run.start + pair % run.count ? 1 : 0,
  );
  return parameters.constant(tf.tensor4d(isOwn, [stateCount, run.count, 1, 1]));
}

function rowOffsetsOf(parameters: ParameterSet, run: VariableRun, first: number): tf.Tensor2D {
  const offsets = Array.from({ length: run.count }, (_, i) => first + i * run.width);
  return parameters.constant(tf.tensor2d(offsets, [run.count, 1], "int32"));
}

/**
 * Derivatives of a run's feature nets with respect to category k's entry at the one-hot of k'. In row k' the layers'
 * ReLUs are those of the one-hot; the product of the layers' weights follows from there.
 */
function slopesOf({ run, layers, column, offset }: PairRun): TableMaxSlopes {
  const { width: categories } = run;
  const tensor = tf.tidy(() => {
    const [first, ...rest] = layers;
    const pairs = first!.weight.shape[0]!;
    let value: tf.Tensor = first!.weight.add(first!.bias!);
    let slope: tf.Tensor = first!.weight.expandDims(1);
    for (const layer of rest) {
      slope = slope.mul(value.greater(0).cast("float32").expandDims(2));
      const width = slope.shape[3]!;
      slope = tf.matMul(slope.reshape([pairs, categories ** 2, width]), layer.weight)
        .reshape([pairs, categories, categories, -1]);
      value = applyLinear(value.relu(), layer);
    }
    // A net of one layer has the same slope at every category.
    if (slope.shape[1] !== categories) slope = slope.tile([1, categories, 1, 1]);
    return slope.reshape([-1, run.count, categories, categories, slope.shape[3]!]);
  });
  return { tensor, column, offset };
}
