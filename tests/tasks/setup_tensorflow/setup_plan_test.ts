import assert from "node:assert/strict";
import type { Host } from "../../../tasks/setup_tensorflow/host.ts";
import { compareVersions, planSetup, type SetupRequest } from "../../../tasks/setup_tensorflow/setup_plan.ts";

const plain: Host = {
  os: "linux",
  arch: "x86_64",
  glibc: "2.36",
  gpus: [],
  driver: null,
  hasNvidiaCard: false,
  cuda: { runtime: [], cudnn: [] },
  compiler: "g++",
  pip: { python: "python3", version: "26.3" },
};

const withCard = (capability: number, parts: Partial<Host> = {}): Host => ({
  ...plain,
  gpus: [{ name: "NVIDIA X", capability, memoryMiB: 1024 }],
  driver: "550.54",
  hasNvidiaCard: true,
  ...parts,
});

const asked: SetupRequest = { device: "auto", fromWheel: false, version: "2.21.0", hasWheels: false };

Deno.test("planSetup: without a card the package's own way first, then the wheel", () => {
  const plan = planSetup(plain, asked);
  assert.deepEqual(plan, { device: "cpu", ways: ["package", "wheel"], notes: [], missing: [] });
  assert.deepEqual(planSetup(plain, { ...asked, fromWheel: true }).ways, ["wheel"]);
});

Deno.test("planSetup: with a card that the package's library cannot use, the wheel, and why", () => {
  const hopper = planSetup(withCard(9), asked);
  assert.equal(hopper.device, "cuda");
  assert.deepEqual(hopper.ways, ["wheel"]);
  assert.match(hopper.notes.join(), /TensorFlow 2\.9 has no code for NVIDIA X \(compute capability 9\)/);
  const ampere = planSetup(withCard(8), asked);
  assert.deepEqual(ampere.ways, ["wheel"]);
  assert.match(ampere.notes.join(), /needs CUDA 11\.2 and cuDNN 8/);
  const old = planSetup(withCard(8, { cuda: { runtime: ["11.0"], cudnn: ["8"] } }), asked);
  assert.deepEqual(old.ways, ["package", "wheel"]);
});

Deno.test("planSetup: --device cpu on a machine with a card asks nothing of the card", () => {
  const plan = planSetup(withCard(9, { driver: null, gpus: [] }), { ...asked, device: "cpu" });
  assert.deepEqual(plan.missing, []);
  assert.equal(plan.device, "cpu");
});

Deno.test("planSetup: each missing thing in one sentence, with a way out", () => {
  const missing = (host: Partial<Host>, request: Partial<SetupRequest> = {}) =>
    planSetup({ ...plain, ...host }, { ...asked, fromWheel: true, ...request }).missing;
  const bare = missing({ compiler: null, pip: null });
  assert.equal(bare.length, 2);
  assert.match(bare[0]!, /^No C\+\+ compiler was found .*apt-get install g\+\+\.$/);
  assert.match(bare[1]!, /^No Python with pip was found .*--wheels\.$/);
  assert.equal(missing({ pip: null }, { hasWheels: true }).length, 0);
  assert.match(missing({ os: "darwin" })[0]!, /^This sets up Linux alone, and this is darwin/);
  assert.match(missing({ arch: "riscv64" })[0]!, /^There is no TensorFlow for riscv64/);
  assert.match(missing({ glibc: null })[0]!, /GNU C library, which was not found/);
  assert.match(missing({ glibc: "2.17" })[0]!, /2\.17 is too old: TensorFlow needs 2\.27/);
  assert.match(missing({ hasNvidiaCard: true })[0]!, /no driver for it/);
  assert.match(missing({ hasNvidiaCard: true, driver: "470.82" })[0]!, /470\.82 is too old for CUDA 12: install 525/);
  assert.match(missing({ driver: "550.1" })[0]!, /nvidia-smi lists no card/);
  assert.match(missing({}, { device: "cuda" })[0]!, /^No NVIDIA card was found/);
  assert.match(missing({ arch: "aarch64" }, { device: "cuda" })[0]!, /x86-64 alone/);
  // One cause, one sentence; a sentence has one end.
  for (const sentence of [...bare, ...missing({ hasNvidiaCard: true })]) assert.match(sentence, /^[A-Z].*\.$/);
});

Deno.test("planSetup: without the wheel's tools the package's own way is left, and that is said", () => {
  const plan = planSetup({ ...plain, compiler: null }, asked);
  assert.deepEqual(plan.ways, ["package"]);
  assert.deepEqual(plan.missing, []);
  assert.match(plan.notes.join(), /Should the npm package's own library not work: No C\+\+ compiler/);
});

Deno.test("compareVersions: by numbers, not by letters", () => {
  assert(compareVersions("25.1", "25.1.0") === 0);
  assert(compareVersions("9.2", "25.1") < 0);
  assert(compareVersions("2.36", "2.4") > 0);
});
