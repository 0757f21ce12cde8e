import { readFile } from "node:fs/promises";
import { type KernelCalls, kernelCalls, type KernelExports } from "./kernel_calls.ts";

/** The two builds of the kernels, best first: with and without relaxed SIMD (fused multiply-add). */
export const kernelBuilds = ["relaxed-simd", "simd"] as const;

/** Name of a build. */
export type KernelBuild = typeof kernelBuilds[number];

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
export async function instantiateKernels(build: KernelBuild, memory: WebAssembly.Memory): Promise<KernelCalls> {
  const binary = new Uint8Array(await readFile(kernelFile(build)));
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  return kernelCalls(instance.exports as unknown as KernelExports);
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
