// @ts-nocheck: AssemblyScript, compiled by ../compile.ts; not run by Deno.
export { adam, sumOfSquares } from "./adam.ts";
export { batchNorm, batchNormGradient } from "./batch_norm.ts";
export { biasActivate, gemm, gemmScratchBytes } from "./gemm.ts";
export { addRows, addSlopes, copyRows, gruCells, gruCellsGradient } from "./gru.ts";
export { biasReluGradient, sumMiddle } from "./reduce.ts";
export { gateRows, slopeProducts } from "./slopes.ts";
export {
  hardSigmoid,
  hardSigmoidGradient,
  logLikelihood,
  logLikelihoodGradient,
  logSoftmax,
  logSoftmaxGradient,
  oneHotOfLargest,
  softmaxGradient,
} from "./softmax.ts";
export { tableMax, tableMaxGradient, tableMaxInputGradient } from "./table_max.ts";
export { accumulate, tableInputGradient, tableSum, tableSumGradient } from "./table_sum.ts";
