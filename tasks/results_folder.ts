import { join, resolve } from "node:path";
import { storePath } from "../lib/store/open_store.ts";
import { userPath } from "./user_paths.ts";

/** Where results go when `--out` does not say otherwise: in the project's folder, wherever `deno task` is started. */
export const defaultResultsFolder = "results";

/**
 * The results folder that `--out` names, as an absolute path.
 *
 * @param out What the user wrote, relative to where they stand; absent for the default.
 * @throws {RangeError} If it is empty.
 */
export function resultsFolder(out: string | undefined): string {
  return out === undefined ? resolve(defaultResultsFolder) : userPath(out, { flag: "--out" });
}

/** The store of a results folder: all suites in one file. */
export function storeFile(folder: string): string {
  return join(folder, "store.sqlite");
}

/**
 * Where the store that pages show is.
 *
 * @param named FCDL_STORE: a file, or an address; nothing for the results folder's own.
 */
export function storeLocation(named: string | undefined, folder: string): string {
  if (!named) return storeFile(folder);
  const path = storePath(named);
  return path === null ? named : userPath(path, { flag: "FCDL_STORE" });
}
