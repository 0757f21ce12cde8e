import { createHash } from "node:crypto";

/**
 * The id of a run, r0123456789abcdef: {@link specHash} after a letter, since spreadsheets and data frames take a hash such
 * as 04e1990152113312 for a number.
 *
 * @param spec A validated run spec with its defaults filled.
 */
export function runId(spec: unknown): string {
  return `r${specHash(spec)}`;
}

/**
 * The first 16 hexadecimal characters of the SHA-256 of a run's spec as canonical JSON, so the order of fields does not
 * matter. Checkpoints keep it.
 *
 * @param spec A validated run spec with its defaults filled.
 */
export function specHash(spec: unknown): string {
  return createHash("sha256").update(canonicalJson(spec)).digest("hex").slice(0, 16);
}

/** JSON with sorted keys and no blanks; fields that are undefined are left out, as JSON does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`);
  return `{${fields.join(",")}}`;
}
