// Measures an engine, or tries what it computes, in a process of its own, and says so as JSON on standard output.
import { messageOf } from "../../core/errors.ts";
import { runSpecSchema } from "../../experiment/run_spec.ts";
import { type BackendName, openSystemBlas, useBackend, useSystemBlas } from "../../tensor/mod.ts";
import type { EngineAnswer, EngineTask } from "./ask_engine.ts";
import { measureLoop, trialLosses } from "./measure_engine.ts";

/** Loops measured, and the time after which none begins. */
const extent = { rounds: 7, limitMs: 4_000 } as const;

async function answer({ engine, spec, blas, what }: EngineTask): Promise<EngineAnswer> {
  await useBackend(engine as BackendName);
  const library = blas === null || engine !== "wasm" ? null : openSystemBlas(blas);
  useSystemBlas(library);
  try {
    if (what === "losses") return { kind: "losses", losses: await trialLosses(spec) };
    const times = await measureLoop(spec, { ...extent, clock: () => performance.now() });
    return { kind: "loop", times, residentBytes: Deno.memoryUsage().rss };
  } finally {
    useSystemBlas(null);
    library?.close();
  }
}

if (import.meta.main) {
  let said: EngineAnswer;
  try {
    const task: EngineTask = JSON.parse(Deno.args[0]!);
    said = await answer({ ...task, spec: runSpecSchema.parse(task.spec) });
  } catch (error) {
    said = { kind: "failed", error: messageOf(error) };
  }
  console.log(JSON.stringify(said));
  Deno.exit(0);
}
