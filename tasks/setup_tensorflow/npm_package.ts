import { existsSync } from "node:fs";
import { cp, mkdir, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import type { System } from "./system.ts";

/** Version of TensorFlow.js in use: the package's has to be the same. */
const tfjsVersion = project.imports["@tensorflow/tfjs"].replace(/^.*@/, "");

/** Node's own C headers of Node-API, without Node. */
const headersVersion = "1.9.0";

/** The npm packages as Deno installed them in a folder of their own. */
export interface NpmPackage {
  /** `@tensorflow/tfjs-node`, or the one for CUDA, which is the same JavaScript and C++ and another download. */
  readonly name: string;
  readonly version: string;
  /** The package's folder, links followed. */
  readonly folder: string;
  /** Folder of node_api.h. */
  readonly headers: string;
}

/**
 * Installs the npm package and Node-API's headers in a folder of their own, by Deno; runs no scripts of theirs.
 *
 * @throws {Error} One sentence, if they cannot be had.
 */
export async function installPackage(
  folder: string,
  { device, system }: { readonly device: "cpu" | "cuda"; readonly system: System },
): Promise<NpmPackage> {
  const name = device === "cuda" ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  await mkdir(folder, { recursive: true });
  const imports = {
    [name]: `npm:${name}@${tfjsVersion}`,
    "node-api-headers": `npm:node-api-headers@${headersVersion}`,
  };
  await writeFile(join(folder, "deno.json"), JSON.stringify({ nodeModulesDir: "auto", imports }, null, 2) + "\n");
  const result = await system.run(Deno.execPath(), ["install", "--quiet"], { folder });
  const modules = join(folder, "node_modules");
  if (result?.code !== 0 || !existsSync(join(modules, name, "package.json"))) {
    throw new Error(
      `Cannot install npm:${name}@${tfjsVersion}: ${lastLine(result?.errors) ?? "deno install failed"}, expected a ` +
        "registry of npm packages within reach",
    );
  }
  return {
    name,
    version: tfjsVersion,
    folder: await realpath(join(modules, name)),
    headers: join(modules, "node-api-headers", "include"),
  };
}

/**
 * Runs the package's install script, which downloads TensorFlow's library and a compiled binding from a server of its
 * own.
 *
 * @returns The binding's path; null, with a reason, if the script did not bring it.
 */
export async function runInstallScript(
  { name, version, folder: source }: NpmPackage,
  { folder, system }: { readonly folder: string; readonly system: System },
): Promise<{ readonly binding: string; readonly reason: null } | { readonly binding: null; readonly reason: string }> {
  const result = await system.run(Deno.execPath(), ["install", `--allow-scripts=npm:${name}@${version}`], { folder });
  const binding = await findBinding(source);
  if (binding !== null && existsSync(join(source, "deps", "lib"))) return { binding, reason: null };
  return { binding: null, reason: errorLine(result?.errors) ?? "its install script ended without a library" };
}

async function findBinding(source: string): Promise<string | null> {
  const lib = join(source, "lib");
  if (!existsSync(lib)) return null;
  // Of the newest Node-API first: napi-v8 before napi-v3.
  for (const version of (await readdir(lib)).sort().reverse()) {
    const path = join(lib, version, "tfjs_binding.node");
    if (existsSync(path)) return path;
  }
  return null;
}

/**
 * Copies the package's JavaScript, without its tests, and the one package that it needs beside TensorFlow.js, so that
 * nothing of the install has to stay.
 *
 * @returns The folder of the copy.
 */
export async function copyJavaScript({ folder: source }: NpmPackage, folder: string): Promise<string> {
  const target = join(folder, "tfjs-node");
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await cp(join(source, "package.json"), join(partial, "package.json"));
  await cp(join(source, "dist"), join(partial, "dist"), {
    recursive: true,
    filter: (path) => !/(_test\.js|\.d\.ts)$/.test(path),
  });
  const protobuf = join(dirname(dirname(source)), "google-protobuf");
  await cp(await realpath(protobuf), join(partial, "node_modules", "google-protobuf"), { recursive: true });
  await rename(partial, target);
  return target;
}

function lastLine(text: string | undefined): string | null {
  return plain(text).at(-1) ?? null;
}

function errorLine(text: string | undefined): string | null {
  const lines = plain(text);
  return lines.findLast((line) => /error|ENOTFOUND|ECONN|failed/i.test(line)) ?? lines.at(-1) ?? null;
}

function plain(text = ""): readonly string[] {
  // deno-lint-ignore no-control-regex -- Colour codes.
  return text.replace(/\x1b\[[0-9;]*m/g, "").split("\n").map((line) => line.trim()).filter((line) => line !== "");
}
