import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findWheel, getWheel, wheelPlatforms } from "../../../tasks/setup_tensorflow/download_wheels.ts";
import { detectHost } from "../../../tasks/setup_tensorflow/host.ts";
import { readMetadata, unpackWheels } from "../../../tasks/setup_tensorflow/unpack_wheels.ts";
import { WheelFile } from "../../../tasks/setup_tensorflow/wheel_file.ts";
import { neededHeaders, requirementsOfExtra } from "../../../tasks/setup_tensorflow/wheel_parts.ts";
import { type Call, fakeSystem, plainMachine } from "./fake_system.ts";
import { makeWheel, wheelFiles } from "./made_wheel.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fcdl-wheel-test-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("neededHeaders: what is included, and what that includes, in a circle too", async () => {
  const wheel = {
    has: (name: string) => name in wheelFiles,
    text: (name: string) => Promise.resolve(wheelFiles[name as keyof typeof wheelFiles]),
  };
  assert.deepEqual(await neededHeaders(wheel, ['#include <node_api.h>\n#include "tensorflow/c/c_api.h"\n']), [
    "tensorflow/include/tensorflow/c/c_api.h",
    "tensorflow/include/tensorflow/c/tf_status.h",
    "tensorflow/include/xla/c/status.h",
  ]);
  assert.deepEqual(await neededHeaders(wheel, ['// #include "tensorflow/c/c_api.h"\n']), []);
});

Deno.test("requirementsOfExtra: those of the extra alone, as pip takes them", () => {
  assert.deepEqual(requirementsOfExtra(wheelFiles["tensorflow-2.21.0.dist-info/METADATA"], "and-cuda"), [
    "nvidia-cublas-cu12<13.0,>=12.5.3.2",
    "nvidia-cudnn-cu12<10.0,>=9.3.0.75",
  ]);
});

Deno.test("unpackWheels: libraries and needed headers, NVIDIA's beside them; whole or not at all", () =>
  inFolder(async (folder) => {
    const wheels = [join(folder, "tensorflow-2.21.0-x.whl"), join(folder, "nvidia_cublas_cu12-12.9-x.whl")];
    await makeWheel(wheels[0]!, wheelFiles);
    await makeWheel(wheels[1]!, {
      "nvidia/cublas/lib/libcublas.so.12": "products",
      "nvidia/cublas/include/cublas.h": "",
      "nvidia/cublas/lib/libcublas.a": "",
    });
    const source = join(folder, "binding.cc");
    await writeFile(source, '#include "tensorflow/c/c_api.h"\n');
    const site = join(folder, "site");
    const options = { sources: [source], folder: site, onFile() {} };
    const broken = join(folder, "broken.whl");
    await writeFile(broken, await readFile(wheels[1]!));
    await truncate(broken, 60);
    await assert.rejects(
      unpackWheels([wheels[0]!, broken], options),
      /^RangeError: Cannot read broken\.whl: .*, expected a whole wheel/,
    );
    assert(!existsSync(site));
    await unpackWheels(wheels, options);
    assert.deepEqual((await readdir(site, { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort(), [
      "nvidia/cublas/lib/libcublas.so.12",
      "tensorflow/include/tensorflow/c/c_api.h",
      "tensorflow/include/tensorflow/c/tf_status.h",
      "tensorflow/include/xla/c/status.h",
      "tensorflow/libtensorflow_cc.so.2",
      "tensorflow/libtensorflow_framework.so.2",
    ]);
    assert.equal(await readFile(join(site, "nvidia/cublas/lib/libcublas.so.12"), "utf8"), "products");
    assert.match(await readMetadata(wheels[0]!), /^Name: tensorflow/);
  }));

Deno.test("WheelFile: a file whose bytes changed is not unpacked", () =>
  inFolder(async (folder) => {
    const path = join(folder, "one.whl");
    await makeWheel(path, { "a.txt": "0123456789".repeat(1000) });
    const bytes = await readFile(path);
    bytes[45]! ^= 1;
    await writeFile(path, bytes);
    const wheel = await WheelFile.open(path);
    await assert.rejects(wheel.extract("a.txt", folder));
    assert(!existsSync(join(folder, "a.txt")));
    await assert.rejects(wheel.text("b.txt"), /it has no b\.txt/);
    await wheel.close();
  }));

Deno.test("findWheel: by name and version as the file names them", () =>
  inFolder(async (folder) => {
    for (const name of ["tensorflow-2.21.0-cp311.whl", "nvidia_nccl_cu12-2.29.1-py3.whl", "tensorflow_cpu-2.9.whl"]) {
      await writeFile(join(folder, name), "");
    }
    const found = (requirement: string) => findWheel(requirement, [join(folder, "none"), folder]);
    assert.equal(found("tensorflow==2.21.0"), join(folder, "tensorflow-2.21.0-cp311.whl"));
    assert.equal(found("tensorflow==2.21"), null);
    assert.equal(found("tensorflow-cpu==2.21.0"), null);
    assert.equal(found("nvidia-nccl-cu12<3.0,>=2.27.7"), join(folder, "nvidia_nccl_cu12-2.29.1-py3.whl"));
  }));

Deno.test("getWheel: one download, then none; pip that cannot go on gets a newer one first", () =>
  inFolder(async (folder) => {
    const pipOf = (version: string) => (call: Call) => {
      if (call.args.at(-1) === "--version") return `pip ${version} from x\n`;
      const to = call.args.find((arg) => arg.startsWith("--dest="))!.slice(7);
      const name = call.args.at(-1) === "pip" ? "pip-26.3-py3.whl" : "tensorflow_cpu-2.21.0-cp311.whl";
      Deno.mkdirSync(to, { recursive: true });
      Deno.writeTextFileSync(join(to, name), "");
      return "";
    };
    const get = async (version: string, downloads: string) => {
      const system = fakeSystem({ commands: { ...plainMachine.commands, python3: pipOf(version) } });
      const host = await detectHost(system);
      const before = system.calls.length;
      const path = await getWheel("tensorflow-cpu==2.21.0", { system, host, downloads, given: null });
      assert.equal(path, join(downloads, "tensorflow_cpu-2.21.0-cp311.whl"));
      return system.calls.slice(before);
    };
    const [first, ...more] = await get("26.3", join(folder, "a"));
    assert.deepEqual(more, []);
    assert.deepEqual(first!.args.slice(0, 4), ["-m", "pip", "download", "--no-deps"]);
    assert(wheelPlatforms("x86_64").every((platform) => first!.args.includes(`--platform=${platform}`)));
    assert.deepEqual(await get("26.3", join(folder, "a")), []);
    const [bootstrap, second] = await get("23.2.1", join(folder, "b"));
    assert.equal(bootstrap!.args.at(-1), "pip");
    assert.equal(second!.args[0], join(folder, "b", "pip", "pip-26.3-py3.whl", "pip"));
  }));

Deno.test("getWheel: what pip cannot get is one sentence", async () => {
  const system = fakeSystem({
    commands: {
      ...plainMachine.commands,
      python3: ({ args }) => args.at(-1) === "--version" ? "pip 26.3 from x\n" : { code: 1 },
    },
  });
  const host = await detectHost(system);
  await inFolder(async (folder) => {
    await assert.rejects(
      getWheel("tensorflow==9.9.9", { system, host, downloads: join(folder, "d"), given: null }),
      /^Error: Cannot download tensorflow==9\.9\.9: pip ended with exit code 1, expected .*run this again to go on/,
    );
  });
});
