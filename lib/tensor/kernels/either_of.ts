import * as tf from "@tensorflow/tfjs";
import { kernelsInUse } from "./install.ts";

let forcedPlain = false;

/** Makes operations run as plain TensorFlow.js operations even where own kernels exist; for tests. */
export function forcePlainOperations(plain: boolean): void {
  forcedPlain = plain;
}

/** Whether operations with kernels of this project run them on the backend in use. */
export function runsOwnKernels(): boolean {
  return !forcedPlain && tf.getBackend() === "wasm" && kernelsInUse() !== "stock";
}

/**
 * The two ways of computing an operation: plain TensorFlow.js, for every backend, and own kernels on the wasm backend's
 * memory. Nothing but what this returns asks which of them it is.
 *
 * @returns The way that the backend in use goes, asked anew at each call.
 */
export function eitherOf<Operations>(
  ways: { readonly plain: Operations; readonly wasm: Operations },
): () => Operations {
  return () => runsOwnKernels() ? ways.wasm : ways.plain;
}
