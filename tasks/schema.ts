// Writes schemas/suite.schema.json from the schema that suites are checked with.
import { fileURLToPath } from "node:url";
import { suiteJsonSchema } from "../lib/experiment/suite.ts";

/** Where editors find the JSON Schema of a suite file. */
export const suiteSchemaFile = fileURLToPath(new URL("../schemas/suite.schema.json", import.meta.url));

/** The text of that file. */
export function suiteSchemaText(): string {
  return `${JSON.stringify(suiteJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) await Deno.writeTextFile(suiteSchemaFile, suiteSchemaText());
