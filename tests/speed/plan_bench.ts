// deno bench --allow-read --allow-env tests/speed/plan_bench.ts
// One plan for 10 environments at the paper's size, with an untrained model.
import { useBackend } from "../../lib/tensor/mod.ts";
import { partsAtFullSize } from "./perf_parts.ts";

await useBackend("wasm");
for (const method of ["fcdl", "ncd", "mlp"]) {
  const { collector, chooseInTraining } = await partsAtFullSize(method);
  Deno.bench({
    name: method,
    group: "plan and environment step",
    n: 5,
    warmup: 1,
    fn: () => void collector.actByPlan(chooseInTraining),
  });
}
