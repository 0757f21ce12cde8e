import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { messageOf } from "../../lib/core/errors.ts";
import { type Installation, installationFile, readInstallation } from "../../lib/tensor/mod.ts";
import { bindingName, bindingSources, compileBinding } from "./compile_binding.ts";
import { findWheel, getWheel } from "./download_wheels.ts";
import type { Host } from "./host.ts";
import { copyJavaScript, installPackage, type NpmPackage, runInstallScript } from "./npm_package.ts";
import type { SetupPlan } from "./setup_plan.ts";
import type { System } from "./system.ts";
import { readMetadata, unpackWheels } from "./unpack_wheels.ts";
import { verifyFolder } from "./verify_folder.ts";
import { wrongIn } from "./verify_library.ts";
import { requirementsOfExtra } from "./wheel_parts.ts";

/** What {@link setUp} works with. */
export interface SetupOptions {
  readonly system: System;
  readonly host: Host;
  readonly plan: SetupPlan;
  /** Version of TensorFlow's wheel. */
  readonly version: string;
  /** A folder of wheels that the user has. */
  readonly wheels: string | null;
  /** Everything is put here; a folder inside of the project. */
  readonly folder: string;
  /** Is told what is being done, in one sentence each. */
  say(sentence: string): void;
}

/** Names in the folder. */
const places = { npm: "npm", downloads: "downloads" } as const;

/** The requirement of TensorFlow's own wheel; on Arm the one without CUDA has the plain name. */
export function tensorFlowRequirement(
  { device, arch, version }: { device: "cpu" | "cuda"; arch: string; version: string },
): string {
  return `${device === "cpu" && arch === "x86_64" ? "tensorflow-cpu" : "tensorflow"}==${version}`;
}

/**
 * Sets TensorFlow up by the first way of the plan that works, and verifies it in a process of its own. Each step leaves
 * its result under its final name only when it is whole, so that another call goes on where one was broken off; what is
 * whole already is verified and left.
 *
 * @returns What is set up.
 * @throws {Error} One sentence, if no way works.
 */
export async function setUp(options: SetupOptions): Promise<Installation> {
  const { folder, plan, say, version } = options;
  const before = readUsable(folder);
  if (before && isAsked(before, options)) {
    say(`Found TensorFlow ${before.tensorflow} for ${before.device}; verifying it.`);
    try {
      return await verified(before, options);
    } catch (error) {
      say(`It does not work any more and is set up anew: ${messageOf(error)}`);
      await rm(join(folder, siteName(options)), { recursive: true, force: true });
    }
  }
  await mkdir(folder, { recursive: true });
  const failures: string[] = [];
  const npm = await installPackage(join(folder, places.npm), { device: plan.device, system: options.system });
  for (const way of plan.ways) {
    try {
      const installation = way === "package" ? await byPackage(npm, options) : await byWheel(npm, options);
      const done = await verified(installation, options);
      await clean(done, options);
      return done;
    } catch (error) {
      failures.push(messageOf(error));
      say(messageOf(error));
    }
  }
  throw new Error(
    `Cannot set up TensorFlow ${version}: ${
      failures.at(-1) ?? "no way is left"
    }; what was fetched stays for another call`,
  );
}

/** Removes everything that set-up made. @returns Whether there was anything. */
export async function remove(folder: string): Promise<boolean> {
  const isThere = existsSync(folder);
  await rm(folder, { recursive: true, force: true });
  return isThere;
}

/** What the folder holds; null also if the file that says so is damaged. */
function readUsable(folder: string): Installation | null {
  try {
    return readInstallation(folder);
  } catch {
    return null;
  }
}

function isAsked(installation: Installation, { plan, version }: SetupOptions): boolean {
  return installation.device === plan.device &&
    (installation.way === "package" ? plan.ways.includes("package") : installation.tensorflow === version);
}

async function byPackage(npm: NpmPackage, { system, folder, say }: SetupOptions): Promise<Installation> {
  say(`Running the install script of ${npm.name}, which downloads TensorFlow 2.9.1.`);
  const { binding, reason } = await runInstallScript(npm, { folder: join(folder, places.npm), system });
  if (binding === null) throw new Error(`The package's own way does not work here: ${reason}`);
  return {
    ...await commonParts(npm, folder),
    way: "package",
    device: npm.name.endsWith("-gpu") ? "cuda" : "cpu",
    tensorflow: "2.9.1",
    binding: relative(folder, binding),
  };
}

async function byWheel(npm: NpmPackage, options: SetupOptions): Promise<Installation> {
  const { host, system, folder, version, plan: { device }, say } = options;
  const site = join(folder, siteName(options));
  if (!existsSync(site)) {
    const wheels = await collectWheels(options);
    say(`Unpacking ${wheels.length === 1 ? "it" : `${wheels.length} wheels`}.`);
    await unpackWheels(wheels, {
      sources: bindingSources(npm.folder),
      folder: site,
      onFile: (name) => say(`  ${name}`),
    });
  }
  const tensorflow = join(site, "tensorflow");
  if (!existsSync(join(tensorflow, bindingName))) {
    say(`Compiling the binding with ${host.compiler}.`);
    await compileBinding({ source: npm.folder, headers: npm.headers, tensorflow }, {
      compiler: host.compiler!,
      system,
    });
  }
  return {
    ...await commonParts(npm, folder),
    ...{ way: "wheel", device, tensorflow: version },
    binding: relative(folder, join(tensorflow, bindingName)),
  };
}

async function commonParts(npm: NpmPackage, folder: string) {
  const javascript = relative(folder, await copyJavaScript(npm, folder));
  return { format: 1, package: `${npm.name}@${npm.version}`, javascript } as const;
}

/** TensorFlow's wheel, and for CUDA those of NVIDIA's libraries that it names. */
async function collectWheels({ system, host, folder, version, wheels, plan: { device }, say }: SetupOptions) {
  const source = { system, host, given: wheels, downloads: join(folder, places.downloads) };
  const get = async (requirement: string) => {
    if (findWheel(requirement, [...(wheels ? [wheels] : []), source.downloads]) === null) {
      say(`Downloading ${requirement}.`);
    }
    return await getWheel(requirement, source);
  };
  const first = await get(tensorFlowRequirement({ device, arch: host.arch, version }));
  const paths = [first];
  if (device === "cuda") {
    for (const requirement of requirementsOfExtra(await readMetadata(first), "and-cuda")) {
      paths.push(await get(requirement));
    }
  }
  return paths;
}

/** A folder's name tells what is in it, so that another version never mixes with it. */
function siteName({ version, plan: { device } }: SetupOptions): string {
  return `tensorflow-${version}-${device}`;
}

/** Loads an installation in a process of its own; it is recorded only if it computes. */
async function verified(installation: Installation, { system, folder, plan }: SetupOptions): Promise<Installation> {
  await record(installation, folder);
  try {
    const found = await verifyFolder(folder, system);
    const wrong = wrongIn(found, plan.device);
    if (wrong !== null) throw new Error(wrong);
    const whole = { ...installation, tensorflow: found.version };
    await record(whole, folder);
    return whole;
  } catch (error) {
    await rm(join(folder, installationFile), { force: true });
    throw new Error(`TensorFlow ${installation.tensorflow} was set up and does not work: ${messageOf(error)}`);
  }
}

async function record(installation: Installation, folder: string): Promise<void> {
  const path = join(folder, installationFile);
  await writeFile(`${path}.partial`, JSON.stringify(installation, null, 2) + "\n");
  await rename(`${path}.partial`, path);
}

/** Removes what only setting up needed, and other versions. */
async function clean(installation: Installation, { folder }: SetupOptions): Promise<void> {
  const kept = [installationFile, installation.javascript, installation.binding.split("/")[0]!];
  for (const name of await readdir(folder)) {
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
