// @ts-nocheck: AssemblyScript, compiled by kernels/compile.ts; not run by Deno.
export { adam, sumOfSquares } from "../../ops/adam_step/kernel.ts";
export { batchNorm, batchNormGradient } from "../../ops/batch_norm/kernel.ts";
export { biasActivate, gemm, gemmScratchBytes } from "./gemm.ts";
export { addJacobian, addRows, copyRows, gruCells, gruCellsGradient } from "../../ops/gru_chains/kernel.ts";
export { biasReluGradient, sumMiddle } from "./reduce.ts";
export { gateRows, jacobianProducts } from "../../ops/jacobian/kernel.ts";
export {
  hardSigmoid,
  hardSigmoidGradient,
  logLikelihood,
  logLikelihoodGradient,
  logSoftmax,
  logSoftmaxGradient,
  oneHotOfLargest,
  softmaxGradient,
} from "../../ops/softmax/kernel.ts";
export { tableMax, tableMaxGradient, tableMaxInputGradient } from "../../ops/table_max/kernel.ts";
export { accumulate, tableInputGradient, tableSum, tableSumGradient } from "../../ops/table_sum/kernel.ts";
