import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import * as core from "@tensorflow/tfjs-core";
import { backendChoices, type BackendName, useBackend } from "../../lib/tensor/backend.ts";

Deno.test("useBackend: wasm and cpu multiply", async () => {
  for (const name of ["cpu", "wasm"] as const) {
    await useBackend(name);
    assert.equal(tf.getBackend(), name);
    const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [10]])).dataSync());
    assert.deepEqual([...product], [21, 43]);
  }
});

Deno.test("useBackend: one TensorFlow.js core for all packages", () => {
  assert.equal(tf.engine(), core.engine());
});

Deno.test("useBackend: an unknown name lists the choices", async () => {
  await assert.rejects(useBackend("tpu" as BackendName), (error: Error) => {
    assert(error instanceof RangeError);
    for (const name of backendChoices) assert(error.message.includes(name));
    return true;
  });
});

Deno.test("useBackend: an unavailable backend says why and what would help", async () => {
  // A checkout may have its packages.
  const remedies = [
    ["webgpu", /deno add npm:.*tfjs-backend-webgpu/],
    ["tensorflow", /deno task setup:tensorflow/],
  ] as const;
  for (const [name, remedy] of remedies) {
    const error: unknown = await useBackend(name).then(() => null, (error) => error);
    if (error === null) {
      assert.equal(tf.getBackend(), name);
      continue;
    }
    assert(error instanceof RangeError);
    assert.match(error.message, new RegExp(`^Cannot use backend "${name}": .*; to make it available: `));
    if (error.message.includes("cannot be loaded")) assert.match(error.message, remedy);
  }
});

Deno.test("useBackend: few permissions, any folder, no banner", async () => {
  const script = new URL("./backend_probe.ts", import.meta.url);
  for (const name of ["wasm", "cpu"]) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--allow-env", "--no-prompt", "--quiet", fileURLToPath(script), name],
      cwd: Deno.makeTempDirSync(),
    }).output();
    const text = new TextDecoder();
    assert.equal(text.decode(stderr), "");
    assert.equal(text.decode(stdout), "21,43\n");
    assert.equal(code, 0);
  }
});
