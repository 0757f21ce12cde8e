// deno bench --allow-read --allow-env --allow-ffi tests/speed/gemm_bench.ts
// Matrix products of one update and one plan. GFLOP/s = 2·P·M·N·K / time; FLOPs stand in the name, in millions.
import * as tf from "@tensorflow/tfjs";
import { findSystemBlas, useBackend, useSystemBlas, withSystemBlas } from "../../lib/tensor/mod.ts";
import { installKernels } from "../../lib/tensor/kernels/install.ts";
import { normalTensor } from "../tensor/numeric.ts";

interface Product {
  readonly name: string;
  readonly a: number[];
  readonly b: number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const products: readonly Product[] = [
  { name: "masked layer", a: [10, 256, 1408], b: [10, 1408, 128] },
  { name: "masked layer, input gradient", a: [10, 256, 128], b: [10, 1408, 128], transposeB: true },
  { name: "masked layer, weight gradient", a: [10, 256, 1408], b: [10, 256, 128], transposeA: true },
  { name: "NT", a: [10, 256, 1408], b: [10, 128, 1408], transposeB: true },
  { name: "TN", a: [10, 1408, 256], b: [10, 1408, 128], transposeA: true },
  { name: "per-variable layer", a: [10, 256, 128], b: [10, 128, 128] },
  { name: "per-variable layer, input gradient", a: [10, 256, 128], b: [10, 128, 128], transposeB: true },
  { name: "per-variable layer, weight gradient", a: [10, 256, 128], b: [10, 256, 128], transposeA: true },
  { name: "per-variable head", a: [10, 256, 128], b: [10, 128, 5] },
  { name: "encoder", a: [256, 1408], b: [1408, 128] },
  { name: "MLP first", a: [256, 100], b: [100, 1024] },
  { name: "MLP", a: [256, 1024], b: [1024, 1024] },
  { name: "MLP, weight gradient", a: [256, 1024], b: [256, 1024], transposeA: true },
  { name: "MLP, 10 rows", a: [10, 1024], b: [1024, 1024] },
  { name: "MLP, 640 rows", a: [640, 1024], b: [1024, 1024] },
  { name: "MLP, 9600 rows", a: [9600, 1024], b: [1024, 1024] },
  { name: "per-variable layer, 9600 rows", a: [10, 9600, 128], b: [10, 128, 128] },
];

await useBackend("wasm");
const { blas } = findSystemBlas();
for (const { name, a, b, transposeA = false, transposeB = false } of products) {
  const left = normalTensor(1, a);
  const right = normalTensor(2, b);
  const product = tf.matMul(left, right, transposeA, transposeB);
  const megaflops = 2 * product.size * a.at(transposeA ? -2 : -1)! / 1e6;
  product.dispose();
  const group = `${name} [${a}]${transposeA ? "ᵀ" : ""} × [${b}]${transposeB ? "ᵀ" : ""}, ${megaflops} MFLOP`;
  for (const build of ["relaxed-simd", "simd", "stock"] as const) {
    Deno.bench({
      name: build,
      group,
      baseline: build === "relaxed-simd",
      ...(megaflops > 1000 ? { n: 3 } : {}),
      async fn(context) {
        await installKernels(build);
        context.start();
        tf.matMul(left, right, transposeA, transposeB).dispose();
        context.end();
      },
    });
  }
  if (!blas) continue;
  Deno.bench({
    name: blas.version,
    group,
    ...(megaflops > 1000 ? { n: 3 } : {}),
    async fn(context) {
      await installKernels();
      useSystemBlas(blas);
      context.start();
      withSystemBlas(() => tf.matMul(left, right, transposeA, transposeB)).dispose();
      context.end();
      useSystemBlas(null);
    },
  });
}
