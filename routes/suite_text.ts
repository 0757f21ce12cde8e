import { loadSuite, suites } from "../lib/experiment/suite_registry.ts";

/** What a suite says of itself. */
export interface SuiteText {
  readonly description: string;
  readonly notes: readonly string[];
}

/** The text of a built-in suite; null for a suite file of the user's, which the store does not keep. */
export async function suiteText(suite: string): Promise<SuiteText | null> {
  if (!suites.some(({ id }) => id === suite)) return null;
  const { description, notes } = await loadSuite(suite);
  return { description, notes };
}
