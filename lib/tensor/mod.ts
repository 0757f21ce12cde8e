/**
 * The public side of the tensor layer: everything outside of this folder imports from here alone, and nobody outside of
 * it and of `lib/model` imports TensorFlow.js. How the kernels below are built, picked and tested: docs/design/kernels.md.
 */

// Where operations run.
export { backendChoices, type BackendName, useBackend } from "./backend.ts";
export {
  type Installation,
  installationFile,
  installationSchema,
  readInstallation,
  tensorFlowFolder,
} from "./tensorflow/installation.ts";
export { type LoadedLibrary, loadedLibrary } from "./tensorflow/load_library.ts";
export { forcePlainOperations, runsOwnKernels } from "./kernels/either_of.ts";
export { kernelsInUse } from "./kernels/install.ts";
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
export { smallGradient } from "./small_gradient.ts";

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
export { customGradient } from "./custom_gradient.ts";
export { variableGradients } from "./variable_gradients.ts";
export { gatherSum } from "./ops/gather_sum/gather_sum.ts";
export { groupedLinear } from "./ops/grouped_linear/grouped_linear.ts";
export { gruCell } from "./ops/gru_cell.ts";
export type { LinearWeights } from "./ops/linear/contract.ts";
export { linear } from "./ops/linear/linear.ts";
export { oneHots } from "./ops/one_hots.ts";
export { groupRows, sortRows, unsortRows } from "./ops/row_groups.ts";
export { argmaxOneHot, hardGumbelSigmoid, hardGumbelSoftmax } from "./ops/softmax/hard_samples.ts";
export { clampedLogSoftmax, logLikelihood } from "./ops/softmax/log_softmax.ts";

// Operations on tables of categories.
export { blockTable } from "./ops/block_table/block_table.ts";
export { categoryRows, chosenRows } from "./ops/category_rows/category_rows.ts";
export type { ChosenRows } from "./ops/category_rows/contract.ts";
export {
  applyToTable,
  type CategoryTable,
  identityTable,
  joinOneHots,
  joinTables,
  lookUp,
} from "./ops/category_table.ts";
export type { ChainJacobian, ChainSource, GruChain, GruChainsInput } from "./ops/gru_chains/contract.ts";
export { gruChains, gruChainsOfSamples } from "./ops/gru_chains/gru_chains.ts";
export type { JacobianLayout } from "./ops/jacobian/contract.ts";
export { jacobianProducts, networkJacobian } from "./ops/jacobian/jacobian.ts";
export { type Needed, neededInputs, type TableLayout, tableLayout } from "./ops/table_layout.ts";
export type { TableMaxJacobian } from "./ops/table_max/contract.ts";
export { tableMax } from "./ops/table_max/table_max.ts";
export { tableSum } from "./ops/table_sum/table_sum.ts";
