import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { compileKernels } from "../../../lib/tensor/kernels/compile.ts";
import { bestKernelBuild, kernelBuilds, kernelFile } from "../../../lib/tensor/kernels/kernel_module.ts";

for (const build of kernelBuilds) {
  Deno.test(`kernels (${build}): the committed module is what the sources compile to`, async () => {
    const committed = new Uint8Array(await readFile(kernelFile(build)));
    assert.deepEqual(
      committed,
      new Uint8Array(await compileKernels(build)),
      "run deno task kernels",
    );
  });

  Deno.test(`kernels (${build}): the module brings no data and asks for nothing but the memory`, async () => {
    const module = await WebAssembly.compile(new Uint8Array(await readFile(kernelFile(build))));
    assert.deepEqual(WebAssembly.Module.imports(module), [{ module: "env", name: "memory", kind: "memory" }]);
    // A page filled with a mark: instantiating must write nothing.
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Uint8Array(memory.buffer).fill(0xa5);
    await WebAssembly.instantiate(module, { env: { memory } });
    assert(new Uint8Array(memory.buffer).every((byte) => byte === 0xa5));
  });
}

Deno.test("bestKernelBuild: Deno has relaxed SIMD", () => {
  assert.equal(bestKernelBuild(), "relaxed-simd");
});
