import assert from "node:assert/strict";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { Rng } from "../../lib/core/rng.ts";
import { bootstrapInterval } from "../../lib/metrics/bootstrap.ts";
import { bootstrapModule } from "../../lib/metrics/bootstrap_kernel.ts";
import { compileBootstrap } from "../../lib/metrics/compile_bootstrap.ts";
import { iqmInterval } from "../../lib/metrics/iqm_interval.ts";
import { interquartileMean } from "../../lib/metrics/seed_statistics.ts";

/** The interval by the general bootstrap, and where it leaves the generator. */
function plainly(values: readonly number[], options: { readonly seed: number; readonly resamples?: number }) {
  const rng = new Rng(options.seed);
  const interval = bootstrapInterval([values], {
    rng,
    statistic: (strata) => interquartileMean(strata[0]!),
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
  });
  return { interval, state: rng.state() };
}

function quickly(values: readonly number[], options: { readonly seed: number; readonly resamples?: number }) {
  const rng = new Rng(options.seed);
  const interval = iqmInterval(values, { rng, ...options });
  return { interval, state: rng.state() };
}

Deno.test("iqmInterval is the general bootstrap's interval to the bit, for any values", () => {
  const numbers = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 })), { maxLength: 40 });
  fc.assert(
    fc.property(numbers, fc.integer(), fc.integer({ min: 1, max: 70 }), (values, seed, resamples) => {
      assert.deepEqual(quickly(values, { seed, resamples }), plainly(values, { seed, resamples }));
    }),
    { numRuns: 300 },
  );
});

Deno.test("iqmInterval is the general bootstrap's interval for every number of seeds", () => {
  const rng = new Rng(7);
  for (let size = 0; size <= 258; size += size < 34 ? 1 : 16) {
    const values = Array.from({ length: size }, () => rng.normal());
    const options = { seed: size, resamples: size < 34 ? 2000 : 100 };
    assert.deepEqual(quickly(values, options), plainly(values, options), `${size} values`);
  }
});

Deno.test("the bootstrap's kernel: the committed module is what the source compiles to", async () => {
  const committed = new Uint8Array(await readFile(bootstrapModule));
  assert.deepEqual(
    committed,
    new Uint8Array(await compileBootstrap()),
    "run deno run -A lib/metrics/compile_bootstrap.ts",
  );
});
