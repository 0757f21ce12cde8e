// deno run --allow-read --allow-env --allow-ffi tests/speed/fast_and_plain.ts [method ...]
// One update of each method at the paper's size: its plain path (first layers dense, TensorFlow.js's own operations; only
// matrix products run on this project's kernel, as the stock one would hide everything else) against the fast path with
// this project's kernels, and that with a system BLAS where there is one. They take turns; medians.
import { environments } from "../../lib/envs/registry.ts";
import { buildExperiment, type ExperimentParts } from "../../lib/experiment/experiment_parts.ts";
import { runSpecSchema } from "../../lib/experiment/run_spec.ts";
import type { MethodEntry } from "../../lib/model/dynamics_model.ts";
import { methods } from "../../lib/model/registry.ts";
import {
  findSystemBlas,
  forcePlainOperations,
  type SystemBlas,
  useBackend,
  useSystemBlas,
  withSystemBlas,
} from "../../lib/tensor/mod.ts";
import { textTable } from "../../tasks/bench/text.ts";
import { median } from "../../lib/speed/measure_case.ts";

const ROUNDS = 5;

/** The same method with dense first layers. */
function plainly(entry: MethodEntry): MethodEntry {
  return {
    ...entry,
    async load() {
      const method = await entry.load();
      const create: typeof method.create = (context, options) =>
        method.create(context, { ...options, training: { ...options.training, fast: false } });
      return { ...method, create };
    },
  };
}

async function partsOf(id: string, registry: readonly MethodEntry[]): Promise<ExperimentParts> {
  const spec = runSpecSchema.parse({
    suite: "bench",
    environment: { id: "chemical" },
    method: { id },
    training: { maxWindowUses: 1_000_000 },
    seed: 1,
  });
  const parts = await buildExperiment(spec, { environments, methods: registry });
  for (let i = 0; i < 2 * parts.environment.spec.episodeLength; i++) parts.collector.actRandomly();
  return parts;
}

async function timeUpdate(
  { trainer }: ExperimentParts,
  { plain, blas }: { readonly plain: boolean; readonly blas: SystemBlas | null },
): Promise<number> {
  forcePlainOperations(plain);
  useSystemBlas(blas);
  try {
    const startMs = performance.now();
    withSystemBlas(() => trainer.update());
    await trainer.readLosses();
    return performance.now() - startMs;
  } finally {
    forcePlainOperations(false);
    useSystemBlas(null);
  }
}

await useBackend("wasm");
const { blas } = findSystemBlas();
const wanted = Deno.args.length > 0 ? Deno.args : methods.map(({ id }) => id);
const rows: string[][] = [[
  "Method",
  "plain, ms",
  "fast, ms",
  "times",
  ...(blas ? [`${blas.version}, ms`, "times"] : []),
]];
for (const id of wanted) {
  const plainParts = await partsOf(id, methods.map(plainly));
  const fastParts = await partsOf(id, methods);
  const ways = [
    { parts: plainParts, plain: true, blas: null },
    { parts: fastParts, plain: false, blas: null },
    ...(blas ? [{ parts: fastParts, plain: false, blas }] : []),
  ];
  const times = ways.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [way, { parts, ...options }] of ways.entries()) {
      const ms = await timeUpdate(parts, options);
      if (round >= 0) times[way]!.push(ms);
    }
  }
  const [plain, ...fast] = times.map(median);
  rows.push([id, plain!.toFixed(0), ...fast.flatMap((ms) => [ms.toFixed(0), (plain! / ms).toFixed(1)])]);
  plainParts.dispose();
  fastParts.dispose();
  console.error(`${id} done`);
}
console.log(textTable(rows));
blas?.close();
