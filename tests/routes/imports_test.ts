import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

Deno.test("serving every kind of page loads no tensor library", async () => {
  const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    const { createApp } = await import(${at("../../routes/app.ts")});
    const { demoStore } = await import(${at("../demo/demo_store.ts")});
    const { demoQuickSuite } = await import(${at("../demo/demo_data.ts")});
    const demo = await demoStore([demoQuickSuite]);
    const service = createApp({ store: () => Promise.resolve(demo.store), now: () => 0, version: "v" });
    for (const path of ["/", "/suites/quick", "/runs/quick-fcdl-1"]) await (await service.request(path)).text();
    await demo[Symbol.asyncDispose]();
    // TensorFlow.js leaves its engine in a global as soon as it is loaded.
    console.log(["_tfengine", "_tfGlobals"].some((name) => name in globalThis) ? "loaded" : "clean");
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
  }).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "clean", new TextDecoder().decode(stderr));
});
