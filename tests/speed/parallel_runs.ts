// deno run --allow-all tests/speed/parallel_runs.ts [loops] [runs]
// Time of one run of full-size FCDL and of several at once, a process each: on as many idle cores it should be at most
// 1.25 times as long. Says nothing on a machine that is busy with something else.
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { memoryOfLoops } from "../training/memory_trial.ts";

const loops = Number(Deno.args[0] ?? 100);
const runs = Number(Deno.args[1] ?? 2);

if (Deno.args[2] === "child") {
  await useBackend("wasm");
  const spec = runSpecSchema.parse({
    suite: "parallel",
    environment: { id: "chemical", rule: "fork", variables: 10, colors: 5, noisyNodes: [2, 4, 6] },
    method: { id: "fcdl" },
    planner: {},
    training: { randomLoops: 100, loops },
    evaluation: {},
    seed: 1,
  });
  await memoryOfLoops(spec, { loops, every: loops });
} else {
  const one = await secondsOf(1);
  const many = await secondsOf(runs);
  console.log(
    `${loops} loops: one run ${one.toFixed(1)} s, ${runs} at once ${many.toFixed(1)} s, ` +
      `${(many / one).toFixed(2)} times (${navigator.hardwareConcurrency} cores, load ${
        Deno.loadavg()[0]!.toFixed(1)
      })`,
  );
}

/** Seconds until `count` processes that start together are all done. */
async function secondsOf(count: number): Promise<number> {
  const start = performance.now();
  const children = Array.from({ length: count }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", import.meta.filename!, `${loops}`, "1", "child"],
    }).output());
  for (const { success } of await Promise.all(children)) if (!success) throw new Error("Cannot measure: a run failed");
  return (performance.now() - start) / 1000;
}
