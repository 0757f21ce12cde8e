import { eitherOf } from "../../kernels/either_of.ts";
import type { SoftmaxOps } from "./contract.ts";
import { plainSoftmax } from "./plain.ts";
import { softmaxKernels } from "./wasm.ts";

/** The functions of rows on the backend in use. */
export const softmax = eitherOf<SoftmaxOps>({ plain: plainSoftmax, wasm: softmaxKernels });
