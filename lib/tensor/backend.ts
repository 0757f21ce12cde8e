import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { messageOf, unknownName } from "../core/errors.ts";
import { installMatMulGradient } from "./kernels/stock/mat_mul_gradient.ts";
import { installReluGradient } from "./kernels/stock/relu_gradient.ts";

/** Where tensors live and operations run. */
export type BackendName = "wasm" | "cpu" | "webgpu" | "tensorflow";

/** All backends; `wasm` is the default, `cpu` the plain reference that tests compare with. */
export const backendChoices: readonly BackendName[] = ["wasm", "cpu", "webgpu", "tensorflow"];

/**
 * Makes a backend the one on which all later operations run. Code creates tensors only after this has resolved.
 *
 * - `wasm`: one thread, WebAssembly SIMD, with this project's kernels in place of the slow stock ones. Needs
 *   `--allow-read --allow-env` and works from any folder.
 * - `cpu`: plain JavaScript, slow, always there.
 * - `webgpu`: needs the package @tensorflow/tfjs-backend-webgpu in deno.json, a graphics adapter, and a runtime where its
 *   tensors can be read at once, as updates and plans do; Deno 2.9 is none.
 * - `tensorflow`: TensorFlow's C library as `deno task setup:tensorflow` sets it up, else the package
 *   @tensorflow/tfjs-node-gpu (or @tensorflow/tfjs-node) where deno.json lists it; with `--allow-ffi --allow-sys`.
 *
 * @param options.tensorFlowFolder Where TensorFlow was set up, if not in the project's `.tensorflow`.
 * @throws {RangeError} If the name is unknown, or the backend is not available; the message says why and what would
 * make it available.
 */
export async function useBackend(
  name: BackendName,
  options: { readonly tensorFlowFolder?: string } = {},
): Promise<void> {
  if (!backendChoices.includes(name)) throw unknownName("backend", { name, choices: backendChoices });
  installMatMulGradient();
  installReluGradient();
  switch (name) {
    case "wasm":
      return await useWasm();
    case "cpu":
      return await useCpu();
    case "webgpu":
      return await useWebGpu();
    case "tensorflow":
      return await useTensorFlow(options.tensorFlowFolder);
  }
}

async function useWasm(): Promise<void> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const { installKernels } = await import("./kernels/install.ts");
  // The binaries lie beside the package's main file, wherever Deno put the package.
  wasm.setWasmPaths(fileURLToPath(new URL(".", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
  await activate("wasm", "allow reading with --allow-read --allow-env");
  await installKernels();
}

async function useCpu(): Promise<void> {
  // On its first tensor the backend advises to install tfjs-node. Whoever asks for it here knows that it is slow.
  const backend: unknown = tf.findBackend("cpu");
  if (typeof backend === "object" && backend !== null && "firstUse" in backend) backend.firstUse = false;
  await activate("cpu", "reinstall the packages with deno install");
}

async function useWebGpu(): Promise<void> {
  const name = "@tensorflow/tfjs-backend-webgpu";
  await importOptional("webgpu", [name], `add it with "deno add npm:${name}@${tf.version_core}"`);
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) {
    throw unavailable("webgpu", {
      reason: "no graphics adapter was found",
      remedy: "a GPU with a Vulkan, Metal or Direct3D 12 driver",
    });
  }
  await activate("webgpu", "update the graphics driver");
  checkReading("webgpu");
}

/** Reads a computed number without waiting: what fails here fails at the first plan otherwise. */
function checkReading(name: BackendName): void {
  // The backend advises against what is tried here.
  const backend: object = tf.backend();
  if ("hasReadSyncWarned" in backend) backend.hasReadSyncWarned = true;
  try {
    // A product, since small sums never leave the host.
    tf.tidy(() => tf.matMul([[1]], [[1]]).dataSync());
  } catch (error) {
    throw unavailable(name, {
      reason: `its numbers cannot be read at once in this runtime (${messageOf(error)})`,
      remedy: 'a newer Deno, or another backend; "tensorflow" runs on NVIDIA cards',
    });
  }
}

async function useTensorFlow(folder?: string): Promise<void> {
  const { readInstallation, tensorFlowFolder } = await import("./tensorflow/installation.ts");
  const { loadLibrary, restoreRetiredFunctions } = await import("./tensorflow/load_library.ts");
  const { setLibraryDefaults } = await import("./tensorflow/library_environment.ts");
  setLibraryDefaults();
  let remedy = 'run "deno task setup:tensorflow"';
  const place = folder ?? tensorFlowFolder;
  const installation = readInstallation(place);
  if (installation) {
    remedy = 'run "deno task setup:tensorflow" again, and allow --allow-ffi --allow-sys';
    try {
      loadLibrary(installation, place);
    } catch (error) {
      throw unavailable("tensorflow", { reason: `its library cannot be loaded (${firstLine(error)})`, remedy });
    }
  } else {
    restoreRetiredFunctions();
    await importOptional("tensorflow", ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"], remedy);
  }
  await activate("tensorflow", remedy);
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0]!;
}

/**
 * Imports the first of some packages that is there. The names are bare and no literals, so these packages are no
 * dependencies of the project: Deno downloads nothing, and one that deno.json does not list is not found.
 */
async function importOptional(backend: BackendName, names: readonly string[], remedy: string): Promise<void> {
  let reason = "";
  for (const name of names) {
    try {
      await import(name);
      return;
    } catch (error) {
      reason ||= `the package ${name} cannot be loaded (${firstLine(error)})`;
    }
  }
  throw unavailable(backend, { reason, remedy });
}

async function activate(backend: BackendName, remedy: string): Promise<void> {
  let done: boolean;
  try {
    done = await tf.setBackend(backend);
  } catch (error) {
    throw unavailable(backend, { reason: messageOf(error), remedy });
  }
  if (!done) throw unavailable(backend, { reason: "it did not start", remedy });
}

function unavailable(backend: BackendName, options: { reason: string; remedy: string }): RangeError {
  return new RangeError(
    `Cannot use backend "${backend}": ${options.reason}, expected one that runs here, got "${backend}"; ` +
      `to make it available: ${options.remedy}`,
  );
}
