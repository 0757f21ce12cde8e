import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WheelFile } from "./wheel_file.ts";
import { neededHeaders, nvidiaLibraries, tensorFlowLibraries } from "./wheel_parts.ts";

/**
 * Unpacks what is needed of some wheels as pip lays them, which is how the libraries find each other: `tensorflow/` with
 * the headers that the binding includes, and `nvidia/`. Whole or not at all: one that was broken off begins again.
 *
 * @param wheels Paths; TensorFlow's is the first.
 * @param options.sources The binding's C++ files.
 * @param options.folder Does not exist before, and holds everything after.
 */
export async function unpackWheels(
  wheels: readonly string[],
  { sources, folder, onFile }: {
    readonly sources: readonly string[];
    readonly folder: string;
    onFile(name: string): void;
  },
): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  const texts = await Promise.all(sources.map((source) => readFile(source, "utf8")));
  for (const path of wheels) {
    const wheel = await WheelFile.open(path);
    try {
      const libraries = [...tensorFlowLibraries(wheel.names), ...nvidiaLibraries(wheel.names)];
      const headers = path === wheels[0] ? await neededHeaders(wheel, texts) : [];
      for (const name of [...libraries, ...headers]) {
        if (!headers.includes(name)) onFile(name);
        await wheel.extract(name, partial);
      }
    } finally {
      await wheel.close();
    }
  }
  if (!existsSync(join(partial, "tensorflow"))) throw new RangeError(`Cannot unpack ${wheels[0]}: it has no library`);
  await rename(partial, folder);
}

/** METADATA of a wheel. */
export async function readMetadata(path: string): Promise<string> {
  const wheel = await WheelFile.open(path);
  try {
    const name = wheel.names.find((each) => /^[^/]+\.dist-info\/METADATA$/.test(each));
    return name === undefined ? "" : await wheel.text(name);
  } finally {
    await wheel.close();
  }
}
