import { fileURLToPath } from "node:url";
import type { System } from "./system.ts";
import type { Verification } from "./verify_library.ts";

/**
 * Loads what is set up in a folder in a process of its own, and computes with it.
 *
 * @throws {Error} Why that process did not get to its end.
 */
export async function verifyFolder(folder: string, system: System): Promise<Verification> {
  const result = await system.run(Deno.execPath(), [
    "run",
    "--no-prompt",
    "--quiet",
    "--allow-read",
    "--allow-env",
    "--allow-ffi",
    "--allow-sys",
    `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
    fileURLToPath(new URL("./verify_library.ts", import.meta.url)),
    folder,
  ]);
  if (result?.code !== 0) throw new Error(lastError(result?.errors ?? ""));
  return JSON.parse(result.output.trim().split("\n").at(-1) ?? "");
}

function lastError(errors: string): string {
  // deno-lint-ignore no-control-regex -- Colour codes.
  const lines = errors.replace(/\x1b\[[0-9;]*m/g, "").split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => /Error: /.test(line)) ?? lines.at(-1) ?? "it ended without a word").trim();
}
