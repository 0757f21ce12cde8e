import { join } from "node:path";

/** Where results go when `--out` does not say otherwise. */
export const defaultResultsFolder = "results";

/** The store of a results folder: all suites in one file. */
export function storeFile(folder: string): string {
  return join(folder, "results.sqlite");
}

/** Where a suite's CSV files go. */
export function suiteFolder(folder: string, suite: string): string {
  return join(folder, suite);
}
