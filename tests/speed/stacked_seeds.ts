// deno run --allow-all tests/speed/stacked_seeds.ts [rounds] [most seeds] [backend]
// Training updates of FCDL, S seeds stacked (the prototype in tests/prototypes/stacked_seeds) against the product's
// single model: time and CPU time a seed, and operations that a GPU would launch a seed. Each round takes every variant
// once, so that a busy machine slows them all; medians. Time ends when the losses are read, so that a GPU is done.
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { Rng } from "../../lib/core/rng.ts";
import { type BackendName, forcePlainOperations, RngNoise, useBackend } from "../../lib/tensor/mod.ts";
import { StackedTrial, type TrialSize } from "../prototypes/stacked_seeds/stacked_trial.ts";

const rounds = Number(Deno.args[0] ?? 5);
const mostSeeds = Number(Deno.args[1] ?? 8);
const backend = (Deno.args[2] ?? "wasm") as BackendName;

const sizes: Readonly<Record<string, TrialSize>> = {
  small: { variables: 5, categories: 3, actions: 15, batch: 16, steps: 3, width: 16, codes: 4 },
  full: { variables: 10, categories: 5, actions: 50, batch: 256, steps: 3, width: null, codes: 16 },
};

interface Variant {
  readonly name: string;
  readonly kind: "tables" | "dense" | "one" | "many";
  readonly seeds: number;
  /** Makes an update; returns its losses. */
  update(): Readonly<Record<string, tf.Tensor>>;
  readonly elapsedMs: number[];
  readonly cpuMs: number[];
}

await useBackend(backend);
for (const [name, size] of Object.entries(sizes)) {
  const trial = new StackedTrial(size);
  const variants: Variant[] = [single(trial, true), single(trial, false)];
  for (let seeds = 1; seeds <= mostSeeds; seeds *= 2) variants.push(await stacked(trial, seeds));
  for (let round = -1; round < rounds; round++) {
    for (const variant of variants) {
      // Small updates are shorter than the clock's ticks.
      const repeats = name === "small" ? 10 : 1;
      const start = process.cpuUsage();
      const from = performance.now();
      for (let i = 0; i < repeats; i++) {
        const losses = variant.update();
        losses.loss!.dataSync();
        tf.dispose(losses);
      }
      const elapsed = performance.now() - from;
      const { user, system } = process.cpuUsage(start);
      if (round < 0) continue;
      variant.elapsedMs.push(elapsed / repeats / variant.seeds);
      variant.cpuMs.push((user + system) / 1000 / repeats / variant.seeds);
    }
  }
  const launches = await counts(trial);
  forcePlainOperations(true);
  const plain = await counts(trial);
  forcePlainOperations(false);
  console.log(`${name} on ${backend}: ${JSON.stringify(size)}`);
  console.log("| variant | ms a seed-update | CPU ms | of single | operations a seed-update | with plain operations |");
  const base = median(variants[0]!.cpuMs);
  for (const { name, kind, seeds, elapsedMs, cpuMs } of variants) {
    const cpu = median(cpuMs);
    console.log(
      `| ${name} | ${median(elapsedMs).toPrecision(3)} | ${cpu.toPrecision(3)} | ${(cpu / base).toFixed(2)} | ` +
        `${(launches[kind] / seeds).toFixed(0)} | ${(plain[kind] / seeds).toFixed(0)} |`,
    );
  }
}

function single(trial: StackedTrial, fast: boolean): Variant {
  const model = trial.single(1, { fast });
  const batch = trial.batch(new Rng(1));
  const noise = new RngNoise(new Rng(2));
  return {
    name: `single, ${fast ? "fast" : "plain"}`,
    kind: fast ? "tables" : "dense",
    seeds: 1,
    elapsedMs: [],
    cpuMs: [],
    update: () => model.update(batch, { noise, data: trial.data }),
  };
}

async function stacked(trial: StackedTrial, seeds: number): Promise<Variant> {
  const list = Array.from({ length: seeds }, (_, s) => s + 1);
  const stack = await trial.stack(list);
  const batches = list.map((seed) => trial.batch(new Rng(seed)));
  const noises = list.map((seed) => new RngNoise(new Rng(seed)));
  return {
    name: `stack of ${seeds}`,
    kind: seeds === 1 ? "one" : "many",
    seeds,
    elapsedMs: [],
    cpuMs: [],
    update: () => stack.update(batches, noises),
  };
}

/** Operations an update; a stack's does not depend on the number of seeds from two on (there is a test of it). */
async function counts(trial: StackedTrial) {
  return {
    tables: await trial.launchesOfSingle({ fast: true }),
    dense: await trial.launchesOfSingle({ fast: false }),
    one: await trial.launchesOfStack([1]),
    many: await trial.launchesOfStack([1, 2]),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
