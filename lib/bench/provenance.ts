import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import type { Provenance } from "../records/run_records.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Project version and, in a git checkout, the first 10 digits of the commit: `0.2.0+e09d4cf0aa`, with `.dirty` after it
 * where files differ from that commit, as far as git is there to tell.
 */
export function codeVersion(folder: string = root): string {
  const commit = commitOf(folder);
  if (commit === null) return project.version;
  return `${project.version}+${commit.slice(0, 10)}${isDirty(folder) ? ".dirty" : ""}`;
}

/** Version of TensorFlow.js. */
export const tfjsVersion = versionOf("@tensorflow/tfjs");

/** Whether a tracked file of a checkout is not as it was committed; false where git is not there, or may not be asked. */
function isDirty(folder: string): boolean {
  try {
    // No optional locks: another git in the same folder must not fail because of a look.
    const args = ["--no-optional-locks", "-C", folder, "status", "--porcelain", "--untracked-files=no"];
    const { success, stdout } = new Deno.Command("git", { args, stdin: "null", stderr: "null" }).outputSync();
    return success && stdout.length > 0;
  } catch {
    return false;
  }
}

/**
 * What a run is made with and on. No host names, no paths.
 *
 * @param options `blas` is the version of the system BLAS in use, `tensorflow` that of TensorFlow's C library, if any;
 * `kernels` the build of the own kernels, whose relaxed instructions round otherwise than the plain ones; `version` that
 * of the code, where the caller knows it.
 */
export function provenanceOf(
  backend: string,
  options: {
    readonly blas?: string | null;
    readonly tensorflow?: string | null;
    readonly kernels?: string;
    readonly version?: string;
  } = {},
): Provenance {
  const processors = cpus();
  return {
    codeVersion: options.version ?? codeVersion(),
    versions: {
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
      tfjs: tfjsVersion,
      // Draws of exploration, planning and evaluation; the engine of Magnetic.
      "pure-rand": versionOf("pure-rand"),
      mujoco: versionOf("@mujoco/mujoco"),
      ...(options.kernels ? { kernels: options.kernels } : {}),
      ...(options.blas ? { blas: options.blas } : {}),
      ...(options.tensorflow ? { tensorflow: options.tensorflow } : {}),
    },
    backend,
    machine: {
      cpu: processors[0]?.model.trim() || "unknown",
      cores: navigator.hardwareConcurrency,
      memoryBytes: totalmem(),
      os: Deno.build.os,
      arch: Deno.build.arch,
    },
  };
}

function versionOf(name: keyof typeof project.imports): string {
  return project.imports[name].replace(/^.*@/, "");
}

/**
 * The commit that is checked out, read from git's files so that git need not be installed.
 *
 * @param folder A checkout; its `.git` may be a folder or, in a worktree, a file that names one.
 * @returns The full hash; null outside a checkout or when it cannot be told.
 */
export function commitOf(folder: string): string | null {
  try {
    let git = join(folder, ".git");
    if (!existsSync(git)) return null;
    const pointer = readIfFile(git);
    if (pointer !== null) git = absolute(folder, pointer.replace(/^gitdir:\s*/, "").trim());
    const head = readFileSync(join(git, "HEAD"), "utf8").trim();
    const ref = /^ref: (.+)$/.exec(head)?.[1];
    if (ref === undefined) return hashOrNull(head);
    const common = readIfFile(join(git, "commondir"));
    const shared = common === null ? git : absolute(git, common.trim());
    for (const place of [git, shared]) {
      const loose = readIfFile(join(place, ref));
      if (loose !== null) return hashOrNull(loose.trim());
    }
    const packed = readIfFile(join(shared, "packed-refs")) ?? "";
    const line = packed.split("\n").find((entry) => entry.endsWith(` ${ref}`));
    return line === undefined ? null : hashOrNull(line.split(" ")[0]!);
  } catch {
    return null;
  }
}

function readIfFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function absolute(base: string, path: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}

function hashOrNull(text: string): string | null {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : null;
}
