/**
 * The public side of the tensor layer: everything outside of this folder imports from here alone, and nobody outside of
 * it and of `lib/model` imports TensorFlow.js. How the kernels below are built, picked and tested: docs/design/kernels.md.
 */

// Where operations run.
export { backendChoices, type BackendName, useBackend } from "./backend.ts";
export { kernelsInUse } from "./kernels/install.ts";
export { forcePlainOperations, runsOwnKernels } from "./kernels/own_kernels.ts";
export { systemBlasInUse, useSystemBlas, withoutSystemBlas, withSystemBlas } from "./kernels/gemm.ts";
export { type BlasChoice, chooseBlas, LEAST_GAIN, noBlas, openChosenBlas } from "./kernels/blas_choice.ts";
export { findSystemBlas, openSystemBlas, type SystemBlas } from "./kernels/system_blas.ts";

// How fast they run.
export { gemmWork, timeGemm } from "./kernels/gemm.ts";
export { measureGemm, typicalProduct } from "./kernels/gemm_speed.ts";
export { isQueued, timeKernels } from "./kernel_times.ts";

// Between host and device, for who holds tensors and computes none.
export { dispose, tidy } from "@tensorflow/tfjs";
export type { Scalar, Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs";
export { cube, matrix, readScalars, readTensor, readTensors, readTensorSync, smallProduct } from "./host.ts";

// Parameters, their start, their noise and their optimiser.
export { Adam } from "./adam.ts";
export { type NoiseSource, RngNoise } from "./noise.ts";
export { type Initializer, type NamedArray, ParameterSet } from "./parameters.ts";
export { withShapesOnly } from "./shapes_only.ts";

// Layers.
export {
  applyBatchNormLeakyRelu,
  applyLinear,
  type BatchNorm,
  createBatchNorm,
  createLinear,
  createStackedLinear,
  encoderInit,
  LEAKY_SLOPE,
  type Linear,
  type LinearInit,
  outputInit,
  plainInit,
  stackedInit,
} from "./layers.ts";

// Operations.
export { gatherSum } from "./ops/gather_sum.ts";
export { groupedLinear } from "./ops/grouped_linear.ts";
export { gruCell } from "./ops/gru_cell.ts";
export { argmaxOneHot, hardGumbelSigmoid, hardGumbelSoftmax } from "./ops/hard_samples.ts";
export { linear, type LinearWeights } from "./ops/linear.ts";
export { clampedLogSoftmax, logLikelihood } from "./ops/log_softmax.ts";
export { oneHots } from "./one_hots.ts";
export { groupRows, sortRows, unsortRows } from "./row_groups.ts";

// Operations on tables of categories.
export { blockTable } from "./block_table.ts";
export { applyToTable, type CategoryTable, identityTable, joinOneHots, joinTables, lookUp } from "./category_table.ts";
export {
  type ChainSlopes,
  type ChainSource,
  type GruChain,
  gruChains,
  type GruChainsInput,
  gruChainsOfSamples,
} from "./gru_chains.ts";
export { categoryRows, type ChosenRows, chosenRows } from "./ops/category_rows.ts";
export { networkSlopes, type SlopeLayout, slopeProducts } from "./slopes.ts";
export { type Needed, neededInputs, type TableLayout, tableLayout } from "./table_layout.ts";
export { tableMax, type TableMaxSlopes } from "./table_max.ts";
export { tableSum } from "./table_sum.ts";
