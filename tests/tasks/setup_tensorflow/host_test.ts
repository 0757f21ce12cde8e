import assert from "node:assert/strict";
import { detectHost } from "../../../tasks/setup_tensorflow/host.ts";
import { fakeSystem, gpuMachine, plainMachine } from "./fake_system.ts";

Deno.test("detectHost: a bare machine has nothing", async () => {
  const host = await detectHost(fakeSystem({ arch: "riscv64" }));
  assert.deepEqual(host, {
    os: "linux",
    arch: "riscv64",
    glibc: null,
    gpus: [],
    driver: null,
    hasNvidiaCard: false,
    cuda: { runtime: [], cudnn: [] },
    compiler: null,
    pip: null,
  });
});

Deno.test("detectHost: card, driver, compiler, pip", async () => {
  const host = await detectHost(fakeSystem(gpuMachine("NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0")));
  assert.deepEqual(host.gpus, [{ name: "NVIDIA H100 80GB HBM3", capability: 9, memoryMiB: 81559 }]);
  assert.equal(host.driver, "550.54.15");
  assert(host.hasNvidiaCard);
  assert.equal(host.compiler, "g++");
  assert.deepEqual(host.pip, { python: "python3", version: "26.3" });
  assert.equal(host.glibc, "2.36");
});

Deno.test("detectHost: a driver too old to know of compute capability is asked for what it knows", async () => {
  const host = await detectHost(fakeSystem(gpuMachine("Tesla K80, 470.82.01")));
  assert.deepEqual(host.gpus, [{ name: "Tesla K80", capability: null, memoryMiB: null }]);
  assert.equal(host.driver, "470.82.01");
});

Deno.test("detectHost: a card without a driver, and a driver without its tool", async () => {
  const bus = "/sys/bus/pci/devices/0000:01:00.0";
  const card = { [`${bus}/vendor`]: "0x10de\n", [`${bus}/class`]: "0x030200\n" };
  const bare = await detectHost(fakeSystem({ ...plainMachine, files: card }));
  assert(bare.hasNvidiaCard);
  assert.equal(bare.driver, null);
  // A sound controller of the same maker is no card.
  const sound = await detectHost(fakeSystem({ ...plainMachine, files: { ...card, [`${bus}/class`]: "0x040300\n" } }));
  assert(!sound.hasNvidiaCard);
  const version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n";
  const toolless = await detectHost(fakeSystem({ ...plainMachine, files: { "/proc/driver/nvidia/version": version } }));
  assert.equal(toolless.driver, "535.104.05");
  const open = version.replace("Kernel Module  535", "Open Kernel Module for x86_64  560");
  const files = { "/proc/driver/nvidia/version": open };
  assert.equal((await detectHost(fakeSystem({ files }))).driver, "560.104.05");
});

Deno.test("detectHost: CUDA where the loader looks, and where LD_LIBRARY_PATH says", async () => {
  const host = await detectHost(fakeSystem({
    variables: { LD_LIBRARY_PATH: "/opt/cuda/lib64:" },
    files: { "/opt/cuda/lib64/libcudnn.so.8": "", "/opt/cuda/lib64/libcudnn_ops.so.9": "" },
    commands: { ldconfig: () => "\tlibcudart.so.11.0 (libc6,x86-64) => /usr/lib/libcudart.so.11.0\n" },
  }));
  assert.deepEqual(host.cuda, { runtime: ["11.0"], cudnn: ["8"] });
});

Deno.test("detectHost: the compiler that CXX names comes first, one that does not run is none", async () => {
  const commands = { "my-c++": () => "", "g++": () => ({ code: 1 }), "clang++": () => "clang 17" };
  assert.equal((await detectHost(fakeSystem({ commands, variables: { CXX: "my-c++" } }))).compiler, "my-c++");
  assert.equal((await detectHost(fakeSystem({ commands }))).compiler, "clang++");
});
