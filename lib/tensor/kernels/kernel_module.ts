import { readFile } from "node:fs/promises";
import type { BatchNormExports } from "./batch_norm_exports.ts";
import type { GruExports } from "./gru_exports.ts";
import type { SlopeExports } from "./slope_exports.ts";
import type { TableExports } from "./table_exports.ts";
import type { TableMaxExports } from "./table_max_exports.ts";

/** The two builds of the kernels, best first: with and without relaxed SIMD (fused multiply-add). */
export const kernelBuilds = ["relaxed-simd", "simd"] as const;

/** Name of a build. */
export type KernelBuild = typeof kernelBuilds[number];

/** What a compiled module exports. Names of tensors stand for addresses in the memory it works on; 0 means none. */
export interface KernelExports extends BatchNormExports, GruExports, SlopeExports, TableExports, TableMaxExports {
  gemmScratchBytes(): number;
  /** C[m, n] = activation(op(A) · op(B) + bias[n]), see assembly/gemm.ts. */
  gemm(
    a: number,
    b: number,
    c: number,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    bias: number,
    activation: number,
    alpha: number,
    scratch: number,
  ): void;
  /** C[m, n] = activation(C + bias[n]) in place. */
  biasActivate(c: number, m: number, n: number, bias: number, activation: number, alpha: number): void;
  // assembly/reduce.ts
  sumMiddle(x: number, out: number, outer: number, count: number, inner: number): void;
  biasReluGradient(
    dy: number,
    output: number,
    dz: number,
    biasGradient: number,
    rows: number,
    columns: number,
  ): void;
  // assembly/softmax.ts
  logSoftmax(logits: number, out: number, rows: number, c: number, scratch: number): void;
  logSoftmaxGradient(logits: number, dy: number, out: number, rows: number, c: number, scratch: number): void;
  logLikelihood(logits: number, target: number, out: number, rows: number, c: number, scratch: number): void;
  logLikelihoodGradient(
    logits: number,
    target: number,
    dy: number,
    out: number,
    rows: number,
    c: number,
    scratch: number,
  ): void;
  oneHotOfLargest(scores: number, noise: number, out: number, rows: number, c: number): void;
  softmaxGradient(
    logits: number,
    noise: number,
    dy: number,
    out: number,
    rows: number,
    c: number,
    temperature: number,
    scratch: number,
  ): void;
  hardSigmoid(logits: number, uniform: number, out: number, size: number, temperature: number): void;
  hardSigmoidGradient(
    logits: number,
    uniform: number,
    dy: number,
    out: number,
    size: number,
    temperature: number,
  ): void;
  // assembly/adam.ts
  sumOfSquares(x: number, size: number): number;
  adam(
    parameter: number,
    gradient: number,
    mean: number,
    square: number,
    out: number,
    size: number,
    scale: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    rate: number,
    correction: number,
    epsilon: number,
  ): void;
}

/** Where the compiled module of a build lies. */
export function kernelFile(build: KernelBuild): URL {
  return new URL(`./kernels.${build}.wasm`, import.meta.url);
}

/** The best build that this engine runs, or null where there is no SIMD at all. */
export function bestKernelBuild(): KernelBuild | null {
  // f32x4.relaxed_madd; v128.not.
  if (WebAssembly.validate(moduleOf([...zeroVector, ...zeroVector, ...zeroVector, 0xfd, 0x85, 0x02]))) {
    return "relaxed-simd";
  }
  return WebAssembly.validate(moduleOf([...zeroVector, 0xfd, 0x4d])) ? "simd" : null;
}

/** Instantiates a build on a memory, usually that of TensorFlow.js: nothing is copied between the two. */
export async function instantiateKernels(build: KernelBuild, memory: WebAssembly.Memory): Promise<KernelExports> {
  const binary = new Uint8Array(await readFile(kernelFile(build)));
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  return instance.exports as unknown as KernelExports;
}

const zeroVector = [0x41, 0x00, 0xfd, 0x0f]; // i32.const 0, i8x16.splat

/** A module of one function without parameters that returns a vector. */
function moduleOf(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 2, 0x01, body.length, ...body],
  ]);
}
