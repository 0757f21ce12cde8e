import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import type { Installation } from "./installation.ts";

/** What is used of the binding that the npm package's C++ makes. */
interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** What is used of the package's JavaScript. */
interface Package {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend;
}

/** The library that was loaded. */
export interface LoadedLibrary {
  /** Its version, as it says itself. */
  readonly version: string;
  /** Whether it computes on a GPU. */
  readonly usesGpu: boolean;
}

/** Set by the first load: a process loads the library once. */
let loaded: LoadedLibrary | null = null;

/** The library in this process; null before {@link loadLibrary}. */
export function loadedLibrary(): LoadedLibrary | null {
  return loaded;
}

/**
 * Registers the backend `tensorflow` and its kernels from what was set up, in place of the npm package's main module,
 * which finds its binding through a tool of npm's. The package's modules ask for TensorFlow.js by name and find the
 * project's, since the folder lies inside the project: there is one engine.
 *
 * @param folder Where the installation's paths start.
 * @throws {Error} If a file is not there or the library cannot be loaded.
 */
export function loadLibrary(installation: Installation, folder: string): void {
  if (loaded) return;
  restoreRetiredFunctions();
  const load = createRequire(join(folder, installation.javascript, "package.json"));
  const binding: Binding = load(join(folder, installation.binding));
  const { NodeJSKernelBackend }: Package = load("./dist/nodejs_kernel_backend.js");
  load("./dist/register_all_kernels.js");
  const name = installation.package.replace(/@[^@/]*$/, "");
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, name));
  loaded = { version: binding.TF_Version, usesGpu: binding.isUsingGpuDevice() };
}

/** The package calls functions that newer versions of node:util no longer have. */
export function restoreRetiredFunctions(): void {
  const retired = {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  };
  Object.assign(util, { ...retired, ...util });
}
