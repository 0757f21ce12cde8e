import { readFile, writeFile } from "node:fs/promises";
import asc from "assemblyscript/asc";
import { bootstrapModule } from "./bootstrap_kernel.ts";

/**
 * Compiles the AssemblyScript source of the bootstrap's kernel. The same compiler version gives the same bytes.
 *
 * @throws {SyntaxError} If the source does not compile; the message is the compiler's.
 */
export async function compileBootstrap(): Promise<Uint8Array> {
  const output = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    [
      ...["bootstrap.ts", "--outFile", "bootstrap.wasm", "-O3", "--noAssert", "--enable", "simd"],
      ...["--runtime", "stub", "--importMemory", "--use", "abort="],
    ],
    {
      readFile: (name: string) =>
        name === "bootstrap.ts" ? readFile(new URL("./assembly/bootstrap.ts", import.meta.url), "utf8") : null,
      writeFile: (name: string, contents: string | Uint8Array) => void output.set(name, contents),
      listFiles: () => [],
    },
  );
  const binary = output.get("bootstrap.wasm");
  if (error || !(binary instanceof Uint8Array)) {
    throw new SyntaxError(`Cannot compile the bootstrap's kernel: ${error?.message ?? "no output"}\n${stderr}`);
  }
  return binary;
}

// deno run -A lib/metrics/compile_bootstrap.ts
if (import.meta.main) await writeFile(bootstrapModule, await compileBootstrap());
