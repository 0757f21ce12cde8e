import process from "node:process";
import { tensorFlowFolder } from "../lib/tensor/mod.ts";
import { parseFlags, runCli } from "./cli.ts";
import { findWheel } from "./setup_tensorflow/download_wheels.ts";
import { detectHost, type Host } from "./setup_tensorflow/host.ts";
import { remove, setUp } from "./setup_tensorflow/setup.ts";
import { planSetup, type SetupRequest, testedVersion } from "./setup_tensorflow/setup_plan.ts";
import { type System, thisSystem } from "./setup_tensorflow/system.ts";
import { say } from "./terminal_text.ts";
import { shownPath, userPath } from "./user_paths.ts";

const help = `Set up TensorFlow's C library for --backend tensorflow, in the folder .tensorflow of this project.

Usage: deno task setup:tensorflow [options]

  --device <auto|cpu|cuda>  What it computes on (default: auto: cuda where there is an NVIDIA card)
  --from-wheel              TensorFlow's wheel from the Python package index, and not the npm package's own download
  --version <version>       Version of the wheel (default: ${testedVersion}, the newest that was tried)
  --wheels <folder>         Wheels that are there already; what is missing is downloaded
  --check                   Say what would be done, and what is missing for it
  --remove                  Remove everything that was set up
  -h, --help                This text

Called again it goes on where it was broken off, or verifies what is there. Nothing else needs it.
Exit code: 0; 1 where something is missing or did not work; 2 bad input.
`;

const devices = ["auto", "cpu", "cuda"] as const;

/** What a test puts in place of the machine and the project's folder. */
export interface SetupEnvironment {
  readonly system: System;
  readonly folder: string;
  print(text: string): void;
}

/**
 * The command line of `deno task setup:tensorflow`.
 *
 * @returns The exit code.
 * @throws {RangeError} One sentence, if a flag is unknown or its value not allowed.
 */
export async function setupTensorFlow(args: readonly string[], environment: SetupEnvironment): Promise<number> {
  const { system, folder, print } = environment;
  const flags = parseFlags(args, {
    device: { type: "string", default: "auto" },
    "from-wheel": { type: "boolean", default: false },
    version: { type: "string", default: testedVersion },
    wheels: { type: "string" },
    check: { type: "boolean", default: false },
    remove: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
  if (flags.help) {
    print(help);
    return 0;
  }
  if (flags.remove) {
    print(await remove(folder) ? `Removed ${shownPath(folder)}.` : "Nothing was set up.");
    return 0;
  }
  const host = await detectHost(system);
  const wheels = flags.wheels === undefined ? null : userPath(flags.wheels, { flag: "--wheels" });
  const version = parseVersion(flags.version);
  const plan = planSetup(host, {
    ...{ device: parseDevice(flags.device), version },
    // Who names a version or wheels wants those.
    fromWheel: flags["from-wheel"] || wheels !== null || version !== testedVersion,
    hasWheels: wheels !== null &&
      ["tensorflow-cpu", "tensorflow"].some((name) => findWheel(`${name}==${version}`, [wheels]) !== null),
  });
  print(hostText(host));
  for (const sentence of [...plan.notes, ...plan.missing]) print(sentence);
  if (plan.missing.length > 0) return 1;
  print(`To do: TensorFlow for ${plan.device}, by ${plan.ways.map((way) => ways[way]).join(", else by ")}.`);
  if (flags.check) return 0;
  try {
    const done = await setUp({ system, host, plan, version, wheels, folder, say: print });
    print(
      `TensorFlow ${done.tensorflow} for ${done.device} is set up in ${shownPath(folder)} and computes: ` +
        "deno task bench --backend tensorflow. --remove undoes it.",
    );
    return 0;
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

const ways = {
  package: "the npm package's own download",
  wheel: "the wheel of the Python package index",
} as const;

function parseDevice(text: string): SetupRequest["device"] {
  const device = devices.find((each) => each === text);
  if (device) return device;
  throw new RangeError(
    `Cannot read the command line: --device is not allowed, expected ${devices.join(", ")}, got "${text}"`,
  );
}

function parseVersion(text: string): string {
  if (/^\d+\.\d+\.\d+$/.test(text)) return text;
  throw new RangeError(
    `Cannot read the command line: --version is not allowed, expected one such as ${testedVersion}, got "${text}"`,
  );
}

/** The machine in a few lines. */
function hostText({ os, arch, glibc, gpus, driver, cuda, compiler, pip }: Host): string {
  const cards = gpus.map(({ name, capability, memoryMiB }) =>
    [
      name,
      ...(capability === null ? [] : [`compute capability ${capability}`]),
      ...(memoryMiB === null ? [] : [`${memoryMiB} MiB`]),
    ]
      .join(", ")
  );
  return [
    `system    ${os} ${arch}, ${glibc === null ? "no GNU C library" : `GNU C library ${glibc}`}`,
    `GPU       ${cards.length > 0 ? cards.join("; ") : "none"}`,
    `driver    ${driver ?? "none"}`,
    `CUDA      ${cuda.runtime.length > 0 ? `runtime ${cuda.runtime.join(", ")}` : "none installed"}`,
    `compiler  ${compiler ?? "none"}`,
    `pip       ${pip ? `${pip.version} of ${pip.python}` : "none"}`,
  ].join("\n");
}

if (import.meta.main) {
  await runCli(async () => {
    process.exitCode = await setupTensorFlow(Deno.args, { system: thisSystem, folder: tensorFlowFolder, print: say });
  });
}
