import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { EngineChoice } from "./choose_engine.ts";

const timesSchema = z.strictObject({ updateMs: z.number(), planMs: z.number() });

const choiceSchema = z.strictObject({
  engine: z.string(),
  findings: z.array(z.strictObject({
    engine: z.string(),
    times: timesSchema.nullable(),
    reason: z.string().nullable(),
  })),
});

const fileSchema = z.strictObject({ format: z.literal(1), choices: z.record(z.string(), choiceSchema) });

/** Choices that were made, by what they depend on. */
export interface EngineCache {
  get(key: string): EngineChoice | undefined;
  /** Keeps a choice; that it cannot be kept is no reason to fail. */
  set(key: string, choice: EngineChoice): Promise<void>;
}

/** The cache's name beside the store. */
export const engineFile = "engines.json";

/** Keeps choices in a file; one that is damaged or not there is an empty one. */
export function fileCache(path: string): EngineCache {
  return {
    get: (key) => read(path)[key],
    async set(key, choice) {
      const text = JSON.stringify({ format: 1, choices: { ...read(path), [key]: choice } }, null, 2);
      // A name of this process's own: another may write at the same time.
      const partial = `${path}.${crypto.randomUUID()}`;
      try {
        await writeFile(partial, text + "\n");
        await rename(partial, path);
      } catch {
        // It is measured again the next time.
      }
    },
  };
}

function read(path: string): Readonly<Record<string, EngineChoice>> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))).choices;
  } catch {
    return {};
  }
}
