import { deepEqual, equal, throws } from "node:assert/strict";
import { useBackend } from "../../../lib/tensor/mod.ts";
import { chooseBlas, noBlas, openChosenBlas } from "../../../lib/tensor/kernels/blas_choice.ts";
import { countingBlas, needsBlas } from "../system_blas.ts";

const { ignore, suffix } = needsBlas;

Deno.test("chooseBlas: off is none, an unusable library is refused", () => {
  deepEqual(chooseBlas("off"), noBlas);
  equal(openChosenBlas(noBlas, "OpenBLAS 1"), null);
  throws(() => chooseBlas("libnothing.so.9"), /^RangeError: Cannot use a system BLAS: /);
});

Deno.test("chooseBlas: auto chooses nothing on a backend without own kernels", async () => {
  await useBackend("cpu");
  deepEqual(chooseBlas("auto"), { library: null, isAutomatic: true });
});

Deno.test({
  name: "chooseBlas: auto without --allow-ffi is none",
  permissions: { ffi: false, read: true, env: true },
  async fn() {
    await useBackend("wasm");
    deepEqual(chooseBlas("auto"), { library: null, isAutomatic: true });
  },
});

Deno.test({
  name: `openChosenBlas: a run that goes on keeps what it began with, unless told otherwise${suffix}`,
  ignore,
  fn() {
    const { library, version } = countingBlas();
    const versionOf = (...args: Parameters<typeof openChosenBlas>) => {
      const blas = openChosenBlas(...args);
      blas?.close();
      return blas?.version ?? null;
    };
    equal(versionOf({ library, isAutomatic: true }), version);
    equal(versionOf({ library, isAutomatic: true }, null), null);
    equal(versionOf({ library: null, isAutomatic: true }, version), version);
    equal(versionOf({ library: null, isAutomatic: true }, "another version"), null);
    equal(versionOf({ library, isAutomatic: false }, null), version);
    equal(versionOf(noBlas, version), null);
  },
});
