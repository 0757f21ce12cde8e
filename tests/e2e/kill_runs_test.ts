import { equal } from "node:assert/strict";
import { killAndResume } from "./kill_runs.ts";

Deno.test({
  name: "kill -9 of bench, a worker or both at random moments loses nothing (short form of kill_runs.ts)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const counts = await killAndResume({ kills: 5, runs: 4, loops: 200, seed: 7, say() {} });
    equal(counts.bench + counts.worker + counts.both, 5);
  },
});
