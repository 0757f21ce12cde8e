import type { Host } from "./host.ts";

/** What the user asked for. */
export interface SetupRequest {
  readonly device: "auto" | "cpu" | "cuda";
  /** Leave out the npm package's own download. */
  readonly fromWheel: boolean;
  /** Version of TensorFlow's wheel. */
  readonly version: string;
  /** Whether all wheels were given, so that nothing has to be downloaded by pip. */
  readonly hasWheels: boolean;
}

/** One way to TensorFlow's library. */
export type Way = "package" | "wheel";

/** What is to be done on a machine, or why it cannot be. */
export interface SetupPlan {
  readonly device: "cpu" | "cuda";
  /** What is tried, in this order. */
  readonly ways: readonly Way[];
  /** Why a way was left out, and other things worth knowing: one sentence each. */
  readonly notes: readonly string[];
  /** What has to be there first: one sentence each. Where there is any, nothing is done. */
  readonly missing: readonly string[];
}

/**
 * The newest TensorFlow for whose library the binding of @tensorflow/tfjs-node 4.22.0 was compiled and has passed the
 * reference vectors, on x86-64 without a GPU.
 */
export const testedVersion = "2.21.0";

/** The npm package's library is TensorFlow 2.9.1 for this CUDA: no code for cards of compute capability 9 and above. */
const packageCuda = { runtime: "11.0", cudnn: "8", capabilityBelow: 9 } as const;

/** Wheels bring CUDA 12, which needs this driver; TensorFlow's are built for this C library. */
const wheelNeeds = { driver: 525, glibc: [2, 27] } as const;

/** Decides what is to be done on a machine; see {@link SetupPlan}. */
export function planSetup(host: Host, request: SetupRequest): SetupPlan {
  const device = request.device === "auto" ? (host.hasNvidiaCard || host.driver ? "cuda" : "cpu") : request.device;
  const machine = [...missingSystem(host), ...(device === "cuda" ? missingCard(host) : [])];
  const without = request.fromWheel ? "the wheel was asked for" : whyNotPackage(host, device);
  const toolsOfWheel = missingTools(host, request);
  // A wheel is the way that is left if the package's download fails: without its tools there is just the one.
  const ways: Way[] = [
    ...(without === null ? ["package" as const] : []),
    ...(toolsOfWheel.length === 0 ? ["wheel" as const] : []),
  ];
  return {
    device,
    ways: machine.length > 0 ? [] : ways,
    notes: [
      ...(without === null ? [] : [`The npm package's own library is not taken: ${without}.`]),
      ...(without === null ? toolsOfWheel.map((tool) => `Should the npm package's own library not work: ${tool}`) : []),
    ],
    missing: [...machine, ...(without === null ? [] : toolsOfWheel)],
  };
}

function missingSystem({ os, arch, glibc }: Host): readonly string[] {
  if (os !== "linux") return [`This sets up Linux alone, and this is ${os}: use the backend wasm, or a Linux host.`];
  if (arch !== "x86_64" && arch !== "aarch64") {
    return [`There is no TensorFlow for ${arch}: use the backend wasm, or a machine with an x86-64 processor.`];
  }
  if (glibc === null) {
    return ["TensorFlow needs the GNU C library, which was not found: use a glibc system such as Debian."];
  }
  if (compareVersions(glibc, wheelNeeds.glibc.join(".")) < 0) {
    return [`The GNU C library ${glibc} is too old: TensorFlow needs ${wheelNeeds.glibc.join(".")} or newer.`];
  }
  return [];
}

function missingCard({ arch, driver, gpus, hasNvidiaCard }: Host): readonly string[] {
  if (arch !== "x86_64") return ["TensorFlow's wheels have CUDA on x86-64 alone: set up with --device cpu."];
  if (driver === null) {
    return [
      hasNvidiaCard
        ? "An NVIDIA card is there and no driver for it: install NVIDIA's driver, or set up with --device cpu."
        : "No NVIDIA card was found: set up with --device cpu, or make the card visible (nvidia-smi has to list it).",
    ];
  }
  if (Number.parseInt(driver) < wheelNeeds.driver) {
    return [
      `The NVIDIA driver ${driver} is too old for CUDA 12: install ${wheelNeeds.driver} or newer, or set up with --device cpu.`,
    ];
  }
  if (gpus.length === 0) {
    return ["NVIDIA's driver is there but nvidia-smi lists no card: install nvidia-smi, or make a card visible."];
  }
  return [];
}

/** Why the package's own library would be of no use here; null if it may be. */
function whyNotPackage({ arch, gpus, cuda }: Host, device: "cpu" | "cuda"): string | null {
  if (arch !== "x86_64") return "it is older than the wheel's on this processor";
  if (device === "cpu") return null;
  const newest = gpus.find(({ capability }) => capability !== null && capability >= packageCuda.capabilityBelow);
  if (newest) return `TensorFlow 2.9 has no code for ${newest.name} (compute capability ${newest.capability})`;
  if (!cuda.runtime.includes(packageCuda.runtime) || !cuda.cudnn.includes(packageCuda.cudnn)) {
    return "it needs CUDA 11.2 and cuDNN 8, which are not installed (libcudart.so.11.0, libcudnn.so.8)";
  }
  return null;
}

function missingTools({ compiler, pip }: Host, { hasWheels }: SetupRequest): readonly string[] {
  return [
    ...(compiler === null
      ? ["No C++ compiler was found (g++, clang++ or what CXX names): install one, as with apt-get install g++."]
      : []),
    ...(pip === null && !hasWheels
      ? [
        "No Python with pip was found (python3 -m pip): install it, as with apt-get install python3-pip, or name a " +
        "folder of wheels with --wheels.",
      ]
      : []),
  ];
}

/** Negative if the first version is the older one; numbers between dots alone count. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(one!.length, other!.length); i++) {
    const difference = (one![i] ?? 0) - (other![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
