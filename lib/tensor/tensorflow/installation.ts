import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import { parseWith } from "../../core/parse.ts";

/** What `deno task setup:tensorflow` made, as it stands in {@link installationFile}; paths are relative to the folder. */
export const installationSchema = z.strictObject({
  format: z.literal(1),
  /** The npm package's own prebuilt library, or that of a wheel with a binding compiled here. */
  way: z.enum(["package", "wheel"]),
  device: z.enum(["cpu", "cuda"]),
  /** Version of TensorFlow's C library, as it says itself. */
  tensorflow: z.string(),
  /** The npm package whose JavaScript is in `javascript`, with its version. */
  package: z.string(),
  /** Folder of the package: `dist/` and package.json. */
  javascript: z.string(),
  /** The compiled binding between Node-API and TensorFlow. */
  binding: z.string(),
});

/** TensorFlow's C library as the `tensorflow` backend loads it. */
export type Installation = Readonly<z.output<typeof installationSchema>>;

/** The name of the file that says what a folder holds; written last. */
export const installationFile = "installed.json";

/** Where `deno task setup:tensorflow` puts everything: inside the project, so that its packages are found from there. */
export const tensorFlowFolder: string = fileURLToPath(new URL("../../../.tensorflow", import.meta.url));

/**
 * What is set up in a folder.
 *
 * @returns Null where nothing is, or nothing that is whole.
 * @throws {RangeError} If the file that says so is damaged or of another version of the project.
 */
export function readInstallation(folder: string = tensorFlowFolder): Installation | null {
  const path = join(folder, installationFile);
  if (!existsSync(path)) return null;
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RangeError(`Cannot read ${path}: ${messageOf(error)}, expected what setup:tensorflow wrote`);
  }
  return parseWith(installationSchema, data, path);
}
