// @ts-nocheck: AssemblyScript, compiled by ../compile.ts; not run by Deno.
export { gemm, gemmScratchBytes } from "./gemm.ts";
export { accumulate, tableInputGradient, tableSum, tableSumGradient } from "./table_sum.ts";
