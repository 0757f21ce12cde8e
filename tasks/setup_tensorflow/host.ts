import type { System } from "./system.ts";

/** One NVIDIA card. */
export interface Gpu {
  readonly name: string;
  /** CUDA compute capability, such as 9 for Hopper; null where the driver is too old to say. */
  readonly capability: number | null;
  /** MiB; null where it is not said. */
  readonly memoryMiB: number | null;
}

/** What matters here of the machine. */
export interface Host {
  readonly os: string;
  readonly arch: string;
  /** Version of the GNU C library; null for another one. */
  readonly glibc: string | null;
  /** Cards that the driver shows. */
  readonly gpus: readonly Gpu[];
  /** Version of the NVIDIA driver; null for none. */
  readonly driver: string | null;
  /** Whether an NVIDIA card is on the bus, driver or not. */
  readonly hasNvidiaCard: boolean;
  /** What the loader finds of CUDA: versions in file names, such as "11.0" for libcudart.so.11.0. */
  readonly cuda: { readonly runtime: readonly string[]; readonly cudnn: readonly string[] };
  /** A C++ compiler that runs; null for none. */
  readonly compiler: string | null;
  /** A Python with pip, and pip's version; null for none. */
  readonly pip: { readonly python: string; readonly version: string } | null;
}

/** Looks at the machine; changes nothing. */
export async function detectHost(system: System): Promise<Host> {
  const smi = await queryCards(system);
  return {
    os: system.os,
    arch: system.arch,
    glibc: await findGlibc(system),
    gpus: smi.gpus,
    driver: smi.driver ?? driverOfKernel(system),
    hasNvidiaCard: smi.gpus.length > 0 || isCardOnBus(system),
    cuda: await findCuda(system),
    compiler: await findCompiler(system),
    pip: await findPip(system),
  };
}

async function findGlibc(system: System): Promise<string | null> {
  const said = await system.run("getconf", ["GNU_LIBC_VERSION"]);
  return /^glibc (\d+\.\d+)/.exec(said?.output ?? "")?.[1] ?? null;
}

/** Asks NVIDIA's tool; drivers before 510 do not know `compute_cap`. */
async function queryCards(system: System): Promise<{ readonly gpus: readonly Gpu[]; readonly driver: string | null }> {
  for (const fields of [["name", "driver_version", "memory.total", "compute_cap"], ["name", "driver_version"]]) {
    const args = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"];
    const said = await system.run("nvidia-smi", args);
    if (said?.code !== 0) continue;
    const rows = said.output.trim().split("\n").map((line) => line.split(",").map((cell) => cell.trim()));
    const gpus = rows.filter((row) => row.length === fields.length).map(([name, , memory, capability]): Gpu => ({
      name: name!,
      capability: numberOrNull(capability),
      memoryMiB: numberOrNull(memory),
    }));
    return { gpus, driver: gpus.length > 0 ? rows[0]![1]! : null };
  }
  return { gpus: [], driver: null };
}

function numberOrNull(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** The driver's version as its kernel module tells it, where NVIDIA's tool is missing, as in bare containers. */
function driverOfKernel(system: System): string | null {
  return /Kernel Module(?: for \S+)?\s+(\d+\.\d+(?:\.\d+)?)/.exec(system.read("/proc/driver/nvidia/version") ?? "")
    ?.[1] ??
    null;
}

/** NVIDIA's vendor number on a display or 3D controller. */
function isCardOnBus(system: System): boolean {
  const bus = "/sys/bus/pci/devices";
  return system.list(bus).some((device) =>
    system.read(`${bus}/${device}/vendor`)?.trim() === "0x10de" &&
    /^0x03/.test(system.read(`${bus}/${device}/class`) ?? "")
  );
}

async function findCuda(system: System): Promise<Host["cuda"]> {
  const cache = (await system.run("ldconfig", ["-p"]) ?? await system.run("/sbin/ldconfig", ["-p"]))?.output ?? "";
  const folders = (system.variable("LD_LIBRARY_PATH") ?? "").split(":").filter((folder) => folder !== "");
  const names = [...cache.split(/\s+/), ...folders.flatMap((folder) => system.list(folder))];
  const versions = (library: string) => {
    const found = names.flatMap((name) => new RegExp(`^${library}\\.so\\.(\\d+(?:\\.\\d+)?)$`).exec(name)?.[1] ?? []);
    return [...new Set(found)].sort();
  };
  return { runtime: versions("libcudart"), cudnn: versions("libcudnn") };
}

async function findCompiler(system: System): Promise<string | null> {
  for (const name of [system.variable("CXX"), "g++", "clang++", "c++"]) {
    if (name && (await system.run(name, ["--version"]))?.code === 0) return name;
  }
  return null;
}

async function findPip(system: System): Promise<Host["pip"]> {
  for (const python of ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"]) {
    const said = await system.run(python, ["-m", "pip", "--version"]);
    const version = /^pip (\d+(?:\.\d+)*)/m.exec(said?.output ?? "")?.[1];
    if (said?.code === 0 && version !== undefined) return { python, version };
  }
  return null;
}
