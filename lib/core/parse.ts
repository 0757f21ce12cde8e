import type { z } from "zod";

/**
 * Parses unknown data with a schema.
 *
 * @param what The name of the whole, the start of each reported path, such as `spec` or `method`.
 * @returns The parsed value with defaults filled.
 * @throws {RangeError} One sentence: the first wrong field's path, the rule and the value.
 */
export function parseWith<Schema extends z.ZodType>(schema: Schema, data: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(data, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = [what, ...issue.path.map(String)].join(".");
  const value = JSON.stringify("input" in issue ? issue.input : undefined) ?? "nothing";
  const unknown = issue.code === "unrecognized_keys" ? ` (no such field: ${issue.keys.join(", ")})` : "";
  throw new RangeError(
    `Cannot read ${path}: ${issue.message}${unknown}, got ${value.length > 120 ? `${value.slice(0, 117)}...` : value}`,
  );
}
