// deno bench --allow-read --allow-env --allow-ffi tests/speed/update_bench.ts
// One update at the paper's size, the own kernel against a system BLAS where there is one.
import { findSystemBlas, useBackend, useSystemBlas, withSystemBlas } from "../../lib/tensor/mod.ts";
import { partsAtFullSize } from "./perf_parts.ts";

await useBackend("wasm");
const { blas } = findSystemBlas();
for (const method of ["fcdl", "ncd", "mlp"]) {
  const { trainer } = await partsAtFullSize(method);
  for (const library of [null, ...(blas ? [blas] : [])]) {
    Deno.bench({
      name: library?.version ?? "own kernel",
      group: `update, ${method}`,
      baseline: library === null,
      n: 8,
      warmup: 1,
      async fn(context) {
        useSystemBlas(library);
        context.start();
        withSystemBlas(() => trainer.update());
        context.end();
        useSystemBlas(null);
        await trainer.readLosses();
      },
    });
  }
}
