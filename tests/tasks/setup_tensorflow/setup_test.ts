import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInstallation } from "../../../lib/tensor/mod.ts";
import type { System } from "../../../tasks/setup_tensorflow/system.ts";
import { setupTensorFlow } from "../../../tasks/setup_tensorflow.ts";
import { type Call, type FakeParts, fakeSystem, gpuMachine, plainMachine } from "./fake_system.ts";
import { makeWheel, wheelFiles } from "./made_wheel.ts";

/** What goes wrong on a machine. */
interface Faults {
  /** The compiler's message. */
  compiler?: string;
  /** pip cannot get this requirement. */
  pip?: string;
  /** The process that verifies says this in place of the right numbers. */
  verification?: string;
  /** The npm package's own script brings its library. */
  hasPackageLibrary?: boolean;
}

/** A machine on which set-up can be gone through: Deno, pip and compiler leave the files that the real ones leave. */
function machine(faults: Faults, base: FakeParts = plainMachine) {
  const pip = async ({ args }: Call): Promise<string | undefined> => {
    if (args.at(-1) === "--version") return "pip 26.3 from x\n";
    const requirement = args.at(-1)!;
    if (faults.pip !== undefined && requirement.startsWith(faults.pip)) return undefined;
    const to = args.find((arg) => arg.startsWith("--dest="))!.slice(7);
    const [, name, version = "12.0"] = /^([\w-]+)(?:==([\d.]+))?/.exec(requirement)!;
    const file = `${name!.replaceAll("-", "_")}-${version}-any.whl`;
    await makeWheel(join(to, file), name!.startsWith("nvidia") ? { [`nvidia/${name}/lib/lib.so.1`]: "" } : wheelFiles);
    return "";
  };
  return fakeSystem({
    ...base,
    commands: {
      ...base.commands,
      python3: pip,
      "g++": ({ args }) => {
        if (args[0] === "--version") return "g++ 12\n";
        if (faults.compiler !== undefined) return { code: 1, errors: `${faults.compiler}\ncompilation terminated.\n` };
        Deno.writeTextFileSync(args.at(-1)!, "binding");
        return "";
      },
      [Deno.execPath()]: ({ args, folder }) => {
        if (args[0] === "install") return install(folder!, { ...faults, runsScript: args[1] !== "--quiet" });
        const usesGpu = base !== plainMachine;
        return faults.verification ??
          JSON.stringify({ version: "2.21.0", usesGpu, product: [21, 43], gradient: [32, 72] });
      },
    },
  });
}

function install(folder: string, { hasPackageLibrary, runsScript }: Faults & { runsScript: boolean }) {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(folder, "deno.json")));
  const modules = join(folder, "node_modules");
  const source = join(modules, Object.keys(imports)[0]!);
  for (
    const [path, text] of [
      [join(source, "package.json"), "{}"],
      [join(source, "dist", "index.js"), ""],
      [join(source, "dist", "index_test.js"), ""],
      [join(source, "binding", "tfjs_binding.cc"), '#include "tensorflow/c/c_api.h"\n'],
      [join(modules, "google-protobuf", "package.json"), "{}"],
      [join(modules, "node-api-headers", "include", "node_api.h"), ""],
      ...(runsScript && hasPackageLibrary
        ? [[join(source, "lib", "napi-v8", "tfjs_binding.node"), ""], [join(source, "deps", "lib", "lib.so"), ""]]
        : []),
    ] as const
  ) {
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
  return runsScript && !hasPackageLibrary ? { code: 1, errors: "Error: getaddrinfo ENOTFOUND\n" } : "";
}

async function inFolder(body: (run: Run) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "fcdl-setup-test-"));
  const folder = join(parent, ".tensorflow");
  try {
    await body({
      folder,
      async setup(system, ...args) {
        const lines: string[] = [];
        const code = await setupTensorFlow(args, { system, folder, print: (text) => lines.push(text) });
        return { code, said: lines.join("\n") };
      },
    });
  } finally {
    await rm(parent, { recursive: true });
  }
}

interface Run {
  readonly folder: string;
  setup(system: System, ...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }>;
}

const compiles = (call: Call) => call.command === "g++" && call.args[0] !== "--version";
const downloads = (call: Call) => call.args.includes("download");

Deno.test("setup:tensorflow: the wheel where the package's own way fails; again it only verifies; --remove undoes it", () =>
  inFolder(async ({ folder, setup }) => {
    const system = machine({});
    const first = await setup(system);
    assert.equal(first.code, 0, first.said);
    assert.match(first.said, /The package's own way does not work here: Error: getaddrinfo ENOTFOUND/);
    assert.match(first.said, /TensorFlow 2\.21\.0 for cpu is set up/);
    assert.deepEqual(readInstallation(folder), {
      format: 1,
      way: "wheel",
      device: "cpu",
      tensorflow: "2.21.0",
      package: "@tensorflow/tfjs-node@4.22.0",
      javascript: "tfjs-node",
      binding: join("tensorflow-2.21.0-cpu", "tensorflow", "tfjs_binding.node"),
    });
    // Nothing of the way there is left.
    assert.deepEqual((await readdir(folder)).sort(), ["installed.json", "tensorflow-2.21.0-cpu", "tfjs-node"]);
    assert(!existsSync(join(folder, "tfjs-node", "dist", "index_test.js")));
    assert(existsSync(join(folder, "tfjs-node", "node_modules", "google-protobuf", "package.json")));
    const again = machine({});
    assert.equal((await setup(again, "--from-wheel")).code, 0);
    assert.deepEqual(again.calls.filter((call) => compiles(call) || downloads(call) || call.args[0] === "install"), []);
    assert.equal((await setup(again, "--remove")).code, 0);
    assert(!existsSync(folder));
    assert.match((await setup(again, "--remove")).said, /^Nothing was set up/);
  }));

Deno.test("setup:tensorflow: the package's own library where its script brings it", () =>
  inFolder(async ({ folder, setup }) => {
    const system = machine({ hasPackageLibrary: true });
    assert.equal((await setup(system)).code, 0);
    const installation = readInstallation(folder)!;
    assert.equal(installation.way, "package");
    assert(existsSync(join(folder, installation.binding)));
    assert.deepEqual(system.calls.filter((call) => compiles(call) || downloads(call)), []);
  }));

Deno.test("setup:tensorflow: goes on where it was broken off", () =>
  inFolder(async ({ folder, setup }) => {
    const offline = await setup(machine({ pip: "tensorflow" }), "--from-wheel");
    assert.equal(offline.code, 1);
    assert.match(offline.said, /Cannot download tensorflow-cpu==2\.21\.0: /);
    assert.equal(readInstallation(folder), null);
    const broken = await setup(machine({ compiler: "x.cc:1: error: 'TFE_Op' was not declared" }), "--from-wheel");
    assert.equal(broken.code, 1);
    assert.match(broken.said, /Cannot compile the binding: x\.cc:1: error: 'TFE_Op' was not declared, expected g\+\+/);
    assert.equal(readInstallation(folder), null);
    const system = machine({});
    assert.equal((await setup(system, "--from-wheel")).code, 0);
    // The wheel was there and unpacked.
    assert.deepEqual(system.calls.filter(downloads), []);
    assert.equal(system.calls.filter(compiles).length, 1);
  }));

Deno.test("setup:tensorflow: a library that computes wrongly is not taken, and says why", () =>
  inFolder(async ({ folder, setup }) => {
    const wrong = (parts: object) =>
      JSON.stringify({ version: "2.21.0", usesGpu: false, product: [21, 43], gradient: [32, 72], ...parts });
    for (
      const [verification, expected] of [
        [wrong({ product: [0, 0] }), /multiplies wrongly: expected 21,43, got 0,0/],
        [wrong({ gradient: [1, 72] }), /gradients are wrong: expected 32,72, got 1,72/],
        ["", /was set up and does not work/],
      ] as const
    ) {
      const { code, said } = await setup(machine({ verification }), "--from-wheel");
      assert.equal(code, 1);
      assert.match(said, expected);
      assert.equal(readInstallation(folder), null);
    }
  }));

Deno.test("setup:tensorflow: for a card, NVIDIA's wheels too; one that is not used is not taken", () =>
  inFolder(async ({ folder, setup }) => {
    const card = gpuMachine("NVIDIA H100, 550.54.15, 81559, 9.0");
    const processor = JSON.stringify({ version: "2.21.0", usesGpu: false, product: [21, 43], gradient: [32, 72] });
    const unused = await setup(machine({ verification: processor }, card));
    assert.equal(unused.code, 1);
    assert.match(unused.said, /computes on the processor: expected it to use the NVIDIA card/);
    const { code, said } = await setup(machine({}, card));
    assert.equal(code, 0, said);
    assert.equal(readInstallation(folder)!.package, "@tensorflow/tfjs-node-gpu@4.22.0");
    const nvidia = await readdir(join(folder, "tensorflow-2.21.0-cuda", "nvidia"));
    assert.deepEqual(nvidia.sort(), ["nvidia-cublas-cu12", "nvidia-cudnn-cu12"]);
  }));

Deno.test("setup:tensorflow: what is missing is said, and nothing is done; --check does nothing either", () =>
  inFolder(async ({ folder, setup }) => {
    const bare = fakeSystem({ commands: { getconf: () => "glibc 2.36\n" } });
    const { code, said } = await setup(bare, "--from-wheel");
    assert.equal(code, 1);
    assert.match(said, /^No C\+\+ compiler was found/m);
    assert.match(said, /^No Python with pip was found/m);
    const check = await setup(machine({}), "--check");
    assert.equal(check.code, 0);
    assert.match(check.said, /^To do: TensorFlow for cpu, by the npm package's own download, else by the wheel/m);
    assert(!existsSync(folder));
  }));

Deno.test("setup:tensorflow: bad flags are one sentence", () =>
  inFolder(async ({ setup }) => {
    await assert.rejects(
      setup(machine({}), "--device", "tpu"),
      /--device is not allowed, expected auto, cpu, cuda, got "tpu"/,
    );
    await assert.rejects(setup(machine({}), "--version", "new"), /--version is not allowed, expected one such as/);
    assert.match((await setup(machine({}), "--help")).said, /Usage: deno task setup:tensorflow/);
  }));
