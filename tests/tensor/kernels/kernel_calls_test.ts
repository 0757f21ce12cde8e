import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { callsFile, callsText } from "../../../lib/tensor/kernels/calls_text.ts";
import { describeKernels } from "../../../lib/tensor/kernels/compile.ts";
import { type Address, NOWHERE } from "../../../lib/tensor/kernels/address.ts";
import { type KernelCalls, kernelCalls, type KernelExports } from "../../../lib/tensor/kernels/kernel_calls.ts";
import { kernelBuilds, kernelFile } from "../../../lib/tensor/kernels/kernel_module.ts";

Deno.test("kernel_calls.ts is what the sources say", async () => {
  equal(await readFile(callsFile, "utf8"), await describeKernels(), "run deno task kernels");
});

for (const build of kernelBuilds) {
  Deno.test(`kernelCalls (${build}): every export has its call, and as many arguments as it says`, async () => {
    const binary = new Uint8Array(await readFile(kernelFile(build)));
    const { instance } = await WebAssembly.instantiate(binary, {
      env: { memory: new WebAssembly.Memory({ initial: 1 }) },
    });
    const exports = Object.entries(instance.exports).filter(([, value]) => typeof value === "function");
    const taken = new Map<string, number>();
    const counting = Object.fromEntries(
      exports.map(([name]) => [name, (...args: unknown[]) => void taken.set(name, args.length)]),
    );
    const calls = kernelCalls(counting as unknown as KernelExports);
    for (const call of Object.values(calls)) (call as (at: object, of: object) => void)({}, {});
    deepEqual(taken, new Map(exports.map(([name, value]) => [name, (value as () => void).length])));
    deepEqual(Object.keys(calls).sort(), exports.map(([name]) => name).sort());
  });
}

Deno.test("kernel calls: swapped or forgotten arguments do not compile", () => {
  const calls = { adam: () => {}, sumMiddle: () => {} } as unknown as KernelCalls;
  const place = NOWHERE;
  calls.sumMiddle({ x: place, out: place }, { outer: 1, count: 2, inner: 3 });
  // @ts-expect-error A size where an address belongs.
  calls.sumMiddle({ x: 1, out: place }, { outer: 1, count: 2, inner: 3 });
  // @ts-expect-error No address.
  calls.sumMiddle({ x: place }, { outer: 1, count: 2, inner: 3 });
  // @ts-expect-error A name that the kernel does not know.
  calls.sumMiddle({ x: place, out: place }, { outer: 1, count: 2, inner: 3, width: 4 });
  // @ts-expect-error By position.
  calls.sumMiddle(place, place, 1, 2, 3);
  const address: Address = place;
  ok(address === NOWHERE);
});

Deno.test("callsText refuses what it does not know", async () => {
  const of = (source: string) =>
    callsText(
      "a/entry.ts",
      (path) => Promise.resolve(path === "a/entry.ts" ? 'export { f } from "../b/f.ts";' : source),
    );
  ok((await of("/** Doc. */\nexport function f(x: usize, bytes: usize, y: f32): bool {}")).includes(
    "  /** Doc. */\n  f(at: { readonly x: Address }, of: { readonly bytes: number; readonly y: number }): boolean;",
  ));
  await rejects(of("export function f(x: v128): void {}"), /type not known, expected one of usize, .* got "v128"/);
  await rejects(of("function f(x: usize): void {}"), /expected an exported function, got none in b\/f.ts/);
});
