import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseServeOptions, serve } from "../../tasks/serve.ts";
import { storeWhenThere } from "../../tasks/store_when_there.ts";
import { demoPaperSuite, demoQuickSuite } from "../demo/demo_data.ts";
import { demoStore } from "../demo/demo_store.ts";

const script = fileURLToPath(new URL("../../tasks/serve.ts", import.meta.url));
const allowed = ["run", "--allow-read", "--allow-write", "--allow-env", "--allow-net", "--allow-sys", "--allow-ffi"];

Deno.test("parseServeOptions: defaults and refusals in one sentence", () => {
  assert.deepEqual(parseServeOptions([]), {
    ...{ port: 8000, host: "127.0.0.1", allowedHosts: [], out: resolve("results"), schedule: null, help: false },
  });
  assert.deepEqual(parseServeOptions(["--allowed-hosts", "a.lab, b.lab"]).allowedHosts, ["a.lab", "b.lab"]);
  assert.equal(parseServeOptions(["--schedule"]).schedule, resolve("bench.config.json"));
  assert.equal(parseServeOptions(["--schedule", "--config=a.json"]).schedule, resolve("a.json"));
  assert.throws(() => parseServeOptions(["--config=a.json"]), /expected --schedule with it, got --config alone/);
  assert.throws(() => parseServeOptions(["--out="]), /--out is not allowed, expected a path/);
  assert.equal(parseServeOptions(["--port", "0"]).port, 0);
  for (const port of ["x", "70000", "-1", "8000.5"]) {
    assert.throws(() => parseServeOptions([`--port=${port}`]), { name: "RangeError", message: /expected a number/ });
  }
  assert.throws(() => parseServeOptions(["--prot", "1"]), { name: "RangeError", message: /--port/ });
});

Deno.test("serve: a port in use is one sentence", async () => {
  const taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = taken.addr;
  await assert.rejects(
    serve({ port, host: "127.0.0.1", allowedHosts: [], out: "/nowhere", schedule: null, help: false }, {
      store: undefined,
      signal: new AbortController().signal,
      say: () => {},
    }),
    { message: `Cannot serve: port ${port} is in use, expected a free one such as --port ${port + 1}, got ${port}` },
  );
  taken.close();
});

Deno.test("tasks/serve.ts: help, a bad flag with exit code 2, and SIGINT closes cleanly", async () => {
  const run = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), { args: [...allowed, script, ...args] }).output();
  const help = await run("--help");
  assert.equal(help.code, 0);
  assert.match(new TextDecoder().decode(help.stdout), /--port <number>/);
  const bad = await run("--nope");
  assert.equal(bad.code, 2);
  assert.equal(new TextDecoder().decode(bad.stderr).trim().split("\n").length, 1);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...allowed, script, "--port", "0", "--out", "/nowhere"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const origin = /http:\/\/localhost:\d+/.exec(value!)![0].replace("localhost", "127.0.0.1");
  assert.match(await (await fetch(origin)).text(), /No results yet/);
  // An open stream must not keep the service alive.
  const events = await fetch(`${origin}/events`);
  child.kill("SIGINT");
  assert.equal((await child.status).code, 0);
  await events.body?.cancel().catch(() => {});
  await reader.cancel();
  assert.equal(await new Response(child.stderr).text(), "");
});

Deno.test("serve --schedule runs the schedule beside, ends with it, and refuses one that cannot be run", async () => {
  const folder = await Deno.makeTempDir();
  const config = join(folder, "bench.config.json");
  const options = {
    port: 0,
    host: "127.0.0.1",
    allowedHosts: [],
    out: join(folder, "out"),
    schedule: config,
    help: false,
  };
  const run = async (stop: AbortController) => {
    const lines: string[] = [];
    await serve(options, {
      store: undefined,
      signal: stop.signal,
      say(line) {
        lines.push(line);
        setTimeout(() => stop.abort(), 300);
      },
    });
    return lines;
  };
  try {
    await Deno.writeTextFile(config, JSON.stringify({ schedule: [{ suite: "smoke", cron: "0 0 1 1 *" }] }));
    const lines = await run(new AbortController());
    assert.match(lines[0]!, /^Result pages on/);
    assert.ok((await Deno.stat(join(folder, "out", "schedule.sqlite"))).isFile);
    const held = await Deno.open(join(folder, "out", "schedule.lock"), { create: true, write: true });
    assert.ok(await held.tryLock(true));
    await assert.rejects(run(new AbortController()), /^Error: Cannot run the schedule of .*: another process does/);
    held.close();
    await Deno.writeTextFile(config, JSON.stringify({ schedule: [{ suite: "nope", cron: "0 0 1 1 *" }] }));
    await assert.rejects(run(new AbortController()), /Cannot read schedule .*Cannot find suite "nope"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("storeWhenThere: null while the file is missing, the store when it appears", async () => {
  await using demo = await demoStore([demoQuickSuite]);
  const folder = await Deno.makeTempDir();
  const path = join(folder, "results.sqlite");
  const source = storeWhenThere(path);
  assert.equal(await source.get(), null);
  await demo.store.close();
  await Deno.copyFile(demo.path, path);
  const store = await source.get();
  assert.equal((await store!.listSuites())[0]!.suite, "quick");
  assert.equal(await source.get(), store);
  await source.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("storeWhenThere: results that are removed and made anew are seen, and those who read go on", async () => {
  await using quick = await demoStore([demoQuickSuite]);
  await using paper = await demoStore([demoPaperSuite]);
  await quick.store.close();
  await paper.store.close();
  const folder = await Deno.makeTempDir();
  const results = join(folder, "results");
  const path = join(results, "store.sqlite");
  const put = async (from: string) => {
    await Deno.mkdir(results);
    await Deno.copyFile(from, path);
  };
  const source = storeWhenThere(path);
  const suite = async () => (await (await source.get())?.listSuites())?.[0]?.suite;
  try {
    await put(quick.path);
    const first = await source.get();
    assert.equal(await suite(), "quick");
    await Deno.remove(results, { recursive: true });
    await put(paper.path);
    assert.equal(await suite(), "chemical-fork");
    assert.equal(await source.get(), await source.get());
    // A request that began before still reads what it began with.
    assert.equal((await first!.listSuites())[0]!.suite, "quick");
    await Deno.remove(results, { recursive: true });
    assert.equal(await source.get(), null);
    await put(quick.path);
    assert.equal(await suite(), "quick");
    // Another file under the same name, without a moment in which there was none.
    await Deno.copyFile(paper.path, join(results, "new"));
    await Deno.rename(join(results, "new"), path);
    assert.equal(await suite(), "chemical-fork");
    // The folder's name leads elsewhere.
    await Deno.rename(results, join(folder, "elsewhere"));
    await put(quick.path);
    assert.equal(await suite(), "quick");
    await Deno.writeFile(path, new Uint8Array(0));
  } finally {
    await source.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("main.ts: a default export with fetch, for deno serve and any host", async () => {
  const { default: service } = await import("../../main.ts");
  const response = await service.fetch(new Request("http://localhost/healthz"));
  assert.equal((await response.json()).ok, true);
});
