import { readFileSync } from "node:fs";

/** The compiled module; `compile_bootstrap.ts` makes it from `assembly/bootstrap.ts`, where its functions are described. */
export const bootstrapModule = new URL("./bootstrap.wasm", import.meta.url);

/** Values that the kernel sorts: it counts them in bytes. */
export const mostKernelValues = 255;

/** Functions on byte offsets in the memory. */
export interface BootstrapKernel {
  readonly memory: WebAssembly.Memory;
  readonly exports: {
    redrawInterquartileMeans(
      ...offsets: [
        ...[values: number, ranks: number, size: number, pairs: number, pairCount: number, cut: number],
        ...[state: number, rows: number, out: number, count: number],
      ]
    ): void;
    placeNumber(numbers: number, count: number, place: number): number;
    largestNumber(numbers: number, count: number): number;
    smallestNumber(numbers: number, count: number): number;
  };
}

let kernel: BootstrapKernel | null = null;

/** The kernel, loaded at the first call; it is the only user of its memory. */
export function bootstrapKernel(): BootstrapKernel {
  if (kernel) return kernel;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(new Uint8Array(readFileSync(bootstrapModule)));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return kernel = { memory, exports: exports as unknown as BootstrapKernel["exports"] };
}
