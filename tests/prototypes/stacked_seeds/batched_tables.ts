import * as tf from "@tensorflow/tfjs";

// First layers as tables (docs/design/stacked_seeds.md) in a few batched products, on any backend: where the product's
// plain path goes variable by variable, these take all variables, targets and seeds at once.

/** Sizes of a stack: S seeds, N state variables of c categories, M action variables of a. */
export interface StackSizes {
  readonly seeds: number;
  readonly stateCount: number;
  readonly categories: number;
  readonly actionCount: number;
  readonly actionCategories: number;
  /** H, width of a variable's feature. */
  readonly featureWidth: number;
}

/** Features of every category of every variable. */
export interface FeatureRows {
  /** float32 [S·N, c, H] and [S·M, a, H]. */
  readonly state: tf.Tensor3D;
  readonly action: tf.Tensor3D;
  /** Slopes of state features along each category k while it is k', float32 [S·N, c·c, H], k' before k. */
  readonly slopes: tf.Tensor3D;
}

/** The tables of a layer with J targets; R = N·c + M·a. */
export interface BatchedTable {
  /** float32 [S·J, R, H']. */
  readonly table: tf.Tensor3D;
  /** float32 [S·J, N·c·c, H'], a constant. */
  readonly slopes: tf.Tensor3D;
}

/** A layer of features: weights [S·n, w, H], biases [S·n, 1, H]. */
interface FeatureWeights {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** `relu(W + b)` of all variables, and the slopes of the state's; call inside `tf.tidy`. */
export function featureRows(state: FeatureWeights, action: FeatureWeights): FeatureRows {
  const [stack, categories, width] = state.weight.shape as [number, number, number];
  const sum = state.weight.add(state.bias);
  const isActive = sum.greater(0).cast("float32").expandDims(2);
  return {
    state: sum.relu(),
    action: action.weight.add(action.bias).relu(),
    slopes: state.weight.expandDims(1).mul(isActive).reshape([stack, categories * categories, width]),
  };
}

/**
 * Tables of one layer; call inside `tf.tidy`, on an update's tape. Differentiable in rows and weight but for `slopes`.
 *
 * @param weight float32 [S·J, (N + M)·H, H'].
 */
export function batchedTable(rows: FeatureRows, weight: tf.Tensor3D, sizes: StackSizes): BatchedTable {
  const { seeds, stateCount, actionCount, featureWidth } = sizes;
  const [stack, , outputs] = weight.shape;
  const product = (features: tf.Tensor3D, block: { first: number; count: number }) => {
    const { first, count } = block;
    const weights = weight.slice([0, first * featureWidth, 0], [stack, count * featureWidth, outputs])
      .reshape([stack * count, featureWidth, outputs]);
    const perVariable = features.shape[1];
    const spread = repeated(features.reshape([seeds, -1]), stack / seeds)
      .reshape([stack * count, perVariable, featureWidth]);
    return tf.matMul(spread, weights).reshape<tf.Tensor3D>([stack, count * perVariable, outputs]);
  };
  const state = { first: 0, count: stateCount };
  const action = { first: stateCount, count: actionCount };
  return {
    table: tf.concat([product(rows.state, state), product(rows.action, action)], 1),
    slopes: product(rows.slopes, state),
  };
}

/** Exact one-hots of a step. */
export interface OneHots {
  /** float32 [S, B, N·c]; gradients reach it straight through if `learnsState`. */
  readonly state: tf.Tensor3D;
  /** State and action side by side, float32 [S, B, R]; a constant. */
  readonly all: tf.Tensor3D;
  readonly learnsState: boolean;
}

/**
 * `Σ_i mask[s, j, b, i] · table[s·j, row of variable i in sample b]` as one batched product of masked one-hots with the
 * table. Differentiable in table, mask and, through the slopes, the state's one-hots.
 *
 * @param options.mask float32 [S, J, B, N + M]; null for ones, where J is 1.
 * @param options.spread Which column of the mask a row of the table belongs to, one-hot float32 [N + M, R].
 * @returns float32 [S·J, B, H']; call inside `tf.tidy`.
 */
export function maskedProduct(
  oneHots: OneHots,
  options: { tables: BatchedTable; mask: tf.Tensor4D | null; spread: tf.Tensor2D; sizes: StackSizes },
): tf.Tensor3D {
  const { tables, mask, spread, sizes } = options;
  const operands = [tables.table, ...(mask ? [mask] : []), ...(oneHots.learnsState ? [oneHots.state] : [])];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const weighted = mask ? maskedOneHots(oneHots.all, mask, spread) : oneHots.all;
    save([tables.table, tables.slopes, oneHots.all, weighted]);
    return {
      value: tf.matMul(weighted, tables.table),
      gradFunc: (dy, saved) => {
        const [table, slopes, all, weighted] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
        const delta = dy as tf.Tensor3D;
        return [
          tf.matMul(weighted, delta, true, false),
          ...(mask ? [maskGradient(delta, { table, all, spread, shape: mask.shape })] : []),
          ...(oneHots.learnsState ? [stateGradient(delta, { slopes, weighted, sizes })] : []),
        ];
      },
    };
  })(...operands) as tf.Tensor3D;
}

/** One-hots [S, B, R] times each target's mask [S, J, B, W]: [S·J, B, R]. */
function maskedOneHots(all: tf.Tensor3D, mask: tf.Tensor4D, spread: tf.Tensor2D): tf.Tensor3D {
  const [seeds, targets, batch, width] = mask.shape;
  const rows = spread.shape[1];
  const weights = mask.reshape<tf.Tensor2D>([-1, width]).matMul(spread).reshape([seeds, targets, batch, rows]);
  return weights.mul(all.expandDims(1)).reshape([seeds * targets, batch, rows]);
}

function maskGradient(
  dy: tf.Tensor3D,
  operands: { table: tf.Tensor3D; all: tf.Tensor3D; spread: tf.Tensor2D; shape: [number, number, number, number] },
): tf.Tensor4D {
  const { table, all, spread, shape: [seeds, targets, batch, width] } = operands;
  const rows = spread.shape[1];
  return tf.tidy(() =>
    tf.matMul(dy, table, false, true).reshape([seeds, targets, batch, rows]).mul(all.expandDims(1))
      .reshape<tf.Tensor2D>([-1, rows]).matMul(spread, false, true).reshape([seeds, targets, batch, width])
  );
}

/** `dx[s, b, i, k] = Σ_j mask · ⟨slope of i along k at its category, dy_j⟩`, float32 [S, B, N·c]. */
function stateGradient(
  dy: tf.Tensor3D,
  { slopes, weighted, sizes }: { slopes: tf.Tensor3D; weighted: tf.Tensor3D; sizes: StackSizes },
): tf.Tensor3D {
  const { seeds, stateCount, categories } = sizes;
  const [stack, batch] = dy.shape;
  const columns = stateCount * categories;
  return tf.tidy(() => {
    const chosen = weighted.slice([0, 0, 0], [stack, batch, columns]).reshape([stack * batch, columns, 1]);
    const along = tf.matMul(dy, slopes, false, true).reshape([stack * batch, columns, categories]).mul(chosen);
    const ofSeeds = stack === seeds ? along : along.reshape([seeds, stack / seeds, -1]).sum(1);
    return ofSeeds.reshape([-1, categories, categories]).sum(1).reshape([seeds, batch, columns]);
  });
}

/**
 * float32 [S, X] as [S, J, X]. A tile's stock gradient takes two operations a copy, this one sum; its stock wasm kernel
 * is slow, hence the concatenation.
 */
function repeated(value: tf.Tensor, count: number): tf.Tensor {
  if (count === 1) return value.expandDims(1);
  return tf.customGrad((...inputs) => ({
    value: tf.concat(Array(count).fill((inputs[0] as tf.Tensor).expandDims(1)), 1),
    gradFunc: (dy: tf.Tensor) => dy.sum(1),
  }))(value);
}
