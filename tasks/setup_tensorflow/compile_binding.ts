import { readdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { System } from "./system.ts";

/** What the binding is made of. */
export interface BindingParts {
  /** The npm package's folder, whose `binding/` has the C++ sources. */
  readonly source: string;
  /** Folder of node_api.h. */
  readonly headers: string;
  /** TensorFlow's folder: libraries, and `include/`. */
  readonly tensorflow: string;
}

/** The binding's name in TensorFlow's folder. */
export const bindingName = "tfjs_binding.node";

/** The newest Node-API that the package's sources are written for. */
const NAPI_VERSION = 8;

/** The C++ sources of the binding. */
export function bindingSources(source: string): readonly string[] {
  return readdirSync(join(source, "binding")).filter((name) => /\.(cc|h)$/.test(name)).sort()
    .map((name) => join(source, "binding", name));
}

/** The compiler's arguments; what is loaded with the binding lies beside it. */
export function compilerArguments({ source, headers, tensorflow }: BindingParts, target: string): readonly string[] {
  return [
    "-O2",
    "-shared",
    "-fPIC",
    "-std=c++17",
    `-DNAPI_VERSION=${NAPI_VERSION}`,
    "-DNODE_GYP_MODULE_NAME=tfjs_binding",
    ...[headers, join(tensorflow, "include"), source, dirname(source)].map((folder) => `-I${folder}`),
    ...bindingSources(source).filter((path) => path.endsWith(".cc")),
    `-L${tensorflow}`,
    "-l:libtensorflow_cc.so.2",
    "-l:libtensorflow_framework.so.2",
    "-Wl,-rpath,$ORIGIN",
    "-o",
    target,
  ];
}

/**
 * Compiles the binding into TensorFlow's folder.
 *
 * @returns Its path.
 * @throws {Error} The compiler's first error in one sentence.
 */
export async function compileBinding(
  parts: BindingParts,
  { compiler, system }: { readonly compiler: string; readonly system: System },
): Promise<string> {
  const target = join(parts.tensorflow, bindingName);
  const result = await system.run(compiler, compilerArguments(parts, `${target}.partial`));
  if (result?.code !== 0) {
    const lines = (result?.errors ?? "").split("\n");
    const first = lines.find((line) => /error/i.test(line)) ?? lines.find((line) => line.trim() !== "") ?? "no message";
    throw new Error(
      `Cannot compile the binding: ${first.trim()}, expected ${compiler} to compile it against this TensorFlow ` +
        "(another version: --version)",
    );
  }
  await rename(`${target}.partial`, target);
  return target;
}
