import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "./host.ts";
import { compareVersions } from "./setup_plan.ts";
import type { System } from "./system.ts";

/** Where wheels come from and go to. */
export interface WheelSource {
  readonly system: System;
  readonly host: Host;
  /** Wheels land here, and stay until the set-up is whole: what was fetched is not fetched again. */
  readonly downloads: string;
  /** A folder of wheels that the user has; looked through first. */
  readonly given: string | null;
}

/** The first pip that goes on with a download whose connection broke. */
const resumingPip = "25.1";

/** Names of builds that pip takes for a Linux of this kind, newest first; it compares them letter by letter. */
export function wheelPlatforms(arch: string): readonly string[] {
  const numbered = [28, 27, 24, 17, 12, 5].map((minor) => `manylinux_2_${minor}_${arch}`);
  return [...numbered, ...["2014", "2010", "1"].map((name) => `manylinux${name}_${arch}`)];
}

/**
 * The file of a wheel that is there.
 *
 * @param requirement As pip takes it: `tensorflow-cpu==2.21.0` or `nvidia-nccl-cu12<3.0,>=2.27.7`. Of a requirement
 *   without a fixed version any is taken.
 * @returns Its path; null for none.
 */
export function findWheel(requirement: string, folders: readonly string[]): string | null {
  const [, name, version] = /^([\w.-]+?)(?:==([\w.]+))?(?:[<>!~].*)?$/.exec(requirement) ?? [];
  if (name === undefined) throw new RangeError(`Cannot read "${requirement}": no name, expected one as pip takes it`);
  const start = `${name.replace(/[-_.]+/g, "_").toLowerCase()}-${version ?? ""}`;
  for (const folder of folders.filter((each) => existsSync(each))) {
    const found = readdirSync(folder).find((file) =>
      file.toLowerCase().startsWith(version === undefined ? start : `${start}-`) && file.endsWith(".whl")
    );
    if (found !== undefined) return join(folder, found);
  }
  return null;
}

/**
 * Gets one wheel with pip, which verifies it, unless it is there. pip goes on with a download whose connection broke;
 * one whose process was ended begins that wheel again.
 *
 * @returns Its path.
 * @throws {Error} One sentence, if pip cannot get it.
 */
export async function getWheel(requirement: string, source: WheelSource): Promise<string> {
  const { downloads, given } = source;
  const folders = [...(given === null ? [] : [given]), downloads];
  const there = findWheel(requirement, folders);
  if (there !== null) return there;
  const { system, host } = source;
  if (host.pip === null) {
    throw new Error(`Cannot download ${requirement}: no pip, expected its wheel in ${given ?? downloads}`);
  }
  await mkdir(downloads, { recursive: true });
  const result = await system.run(host.pip.python, [
    ...await pipCommand(source),
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
    // TensorFlow's C library is the same for every Python; any that a wheel is built for will do.
    "--implementation=cp",
    "--python-version=3.11",
    ...wheelPlatforms(host.arch).map((platform) => `--platform=${platform}`),
    `--dest=${downloads}`,
    requirement,
  ], { isShown: true });
  const wheel = findWheel(requirement, [downloads]);
  if (result?.code === 0 && wheel !== null) return wheel;
  throw new Error(
    `Cannot download ${requirement}: pip ended with exit code ${result?.code ?? "none"}, expected a wheel for ` +
      `${host.arch} from the package index that pip is set up for (run this again to go on, or give the wheels with --wheels)`,
  );
}

/** The pip to run: the machine's if it goes on with broken downloads, else the newest for its Python, in a file of its own. */
async function pipCommand({ system, host, downloads }: WheelSource): Promise<readonly string[]> {
  const pip = host.pip!;
  if (compareVersions(pip.version, resumingPip) >= 0) return ["-m", "pip"];
  const folder = join(downloads, "pip");
  if (findWheel("pip", [folder]) === null) {
    await system.run(pip.python, ["-m", "pip", "download", "--quiet", "--no-deps", `--dest=${folder}`, "pip"]);
  }
  const wheel = findWheel("pip", [folder]);
  return wheel === null ? ["-m", "pip"] : [join(wheel, "pip")];
}
