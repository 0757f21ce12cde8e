import { join } from "node:path";

/** Where results go when `--out` does not say otherwise. */
export const defaultResultsFolder = "results";

/** The store of a results folder: all suites in one file. */
export function storeFile(folder: string): string {
  return join(folder, "store.sqlite");
}
