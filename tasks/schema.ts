// Writes the files of schemas/ from the schemas that suites and schedules are checked with.
import { fileURLToPath } from "node:url";
import { suiteJsonSchema } from "../lib/experiment/suite.ts";
import { scheduleConfigJsonSchema } from "../lib/schedule/mod.ts";

/** Where editors find the JSON Schema of each kind of file, and its text. */
export const schemaFiles: readonly { readonly path: string; text(): string }[] = [
  schemaFile("suite.schema.json", suiteJsonSchema),
  schemaFile("bench_config.schema.json", scheduleConfigJsonSchema),
];

function schemaFile(name: string, schema: () => Record<string, unknown>) {
  const path = fileURLToPath(new URL(`../schemas/${name}`, import.meta.url));
  return { path, text: () => `${JSON.stringify(schema(), null, 2)}\n` };
}

if (import.meta.main) { for (const { path, text } of schemaFiles) await Deno.writeTextFile(path, text()); }
