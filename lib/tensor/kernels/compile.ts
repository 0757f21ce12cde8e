import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { callsFile, callsText } from "./calls_text.ts";
import { type KernelBuild, kernelBuilds, kernelFile } from "./kernel_module.ts";

/** What the module exports, by its path below lib/tensor. */
const ENTRY = "kernels/assembly/kernels.ts";

/**
 * Compiles the AssemblyScript sources of the kernels. The same compiler version gives the same bytes.
 *
 * @throws {SyntaxError} If the sources do not compile; the message is the compiler's.
 */
export async function compileKernels(build: KernelBuild): Promise<Uint8Array> {
  const output = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    [
      ENTRY,
      ...["--outFile", "kernels.wasm", "-O3", "--noAssert", "--enable", "simd"],
      ...(build === "relaxed-simd" ? ["--enable", "relaxed-simd"] : []),
      // No allocator and no static data of our own: the memory is TensorFlow.js's.
      ...["--runtime", "stub", "--importMemory", "--use", "abort="],
    ],
    {
      readFile: readSource,
      writeFile: (name: string, contents: string | Uint8Array) => void output.set(name, contents),
      listFiles: () => [],
    },
  );
  const binary = output.get("kernels.wasm");
  if (error || !(binary instanceof Uint8Array)) {
    throw new SyntaxError(`Cannot compile the kernels: ${error?.message ?? "no output"}\n${stderr}`);
  }
  return binary;
}

/** The compiler adds .ts to what is imported; Deno's module graph wants it written out. */
async function readSource(name: string): Promise<string | null> {
  try {
    return await readFile(new URL(`../${name.replace(/\.ts\.ts$/, ".ts")}`, import.meta.url), "utf8");
  } catch {
    return null;
  }
}

/** Writes how TypeScript calls what the sources export, see {@link callsText}. */
export function describeKernels(): Promise<string> {
  return callsText(ENTRY, async (name) => {
    const source = await readSource(name);
    if (source === null) {
      throw new SyntaxError(`Cannot describe the kernels: expected a source file, got none at ${name}`);
    }
    return source;
  });
}

// deno task kernels
if (import.meta.main) {
  for (const build of kernelBuilds) {
    const binary = await compileKernels(build);
    await writeFile(kernelFile(build), binary);
    console.log(`${fileURLToPath(kernelFile(build))}: ${binary.length} bytes`);
  }
  await writeFile(callsFile, await describeKernels());
  console.log(fileURLToPath(callsFile));
}
