import * as tf from "@tensorflow/tfjs";
import { environments } from "../../lib/envs/registry.ts";
import { buildExperiment } from "../../lib/experiment/experiment_parts.ts";
import type { RunSpec } from "../../lib/experiment/run_spec.ts";
import { methods } from "../../lib/model/registry.ts";
import { heapOf } from "../../lib/tensor/kernels/heap.ts";

/** Memory at one moment of a run, between two loops and with all losses read. */
export interface MemoryReading {
  readonly loop: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** Size of the wasm backend's memory. */
  readonly wasmBytes: number;
  readonly rssBytes: number;
}

/**
 * Makes loops of a run, one plan, one step of each environment and one update each, and reads memory as it goes.
 *
 * @param options.every Loops from one reading to the next; losses are read then, as in a run.
 */
export async function memoryOfLoops(
  spec: RunSpec,
  options: { readonly loops: number; readonly every: number },
): Promise<readonly MemoryReading[]> {
  const parts = await buildExperiment(spec, { environments, methods });
  const { collector, trainer, chooseInTraining } = parts;
  for (let loop = 0; loop < spec.training.randomLoops; loop++) collector.actRandomly();
  const readings: MemoryReading[] = [];
  for (let loop = 1; loop <= options.loops; loop++) {
    collector.actByPlan(chooseInTraining);
    trainer.update();
    if (loop % options.every !== 0) continue;
    await trainer.readLosses();
    trainer.takeLosses();
    const { numTensors, numBytes } = tf.memory();
    readings.push({
      loop,
      tensors: numTensors,
      tensorBytes: numBytes,
      wasmBytes: heapOf(tf.backend()).backend.wasm.asm.memory.buffer.byteLength,
      rssBytes: Deno.memoryUsage().rss,
    });
  }
  parts.dispose();
  return readings;
}
