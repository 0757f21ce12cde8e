import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CodeIdentity } from "../records/execution.ts";
import { codeVersion } from "./provenance.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Which code this is, now. */
export function codeIdentity(folder: string = root): CodeIdentity {
  return { version: codeVersion(folder), hash: codeHash(folder) };
}

/**
 * Hash of the files that results can depend on: the same for two commits, or a commit and a working tree, that differ in
 * pages, tests or documents only. Needs no git.
 *
 * @returns 16 hexadecimal digits; null where the files cannot be read.
 */
export function codeHash(folder: string = root): string | null {
  try {
    const hash = createHash("sha256");
    // The library with its kernels and suites, and the versions of what it uses.
    for (const path of [...filesBelow(folder, "lib"), "deno.lock"]) {
      const bytes = readFileSync(join(folder, path));
      hash.update(`${path}\n${bytes.length}\n`).update(bytes);
    }
    return hash.digest("hex").slice(0, 16);
  } catch {
    return null;
  }
}

/** Files below a folder, in an order that no file system decides. */
function filesBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((found) => {
      const path = `${folder}/${found.name}`;
      return found.isDirectory() ? filesBelow(root, path) : [path];
    });
}
