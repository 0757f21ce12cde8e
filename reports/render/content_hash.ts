import { createHash } from "node:crypto";

/** A short name for plain data: equal data, equal name. */
export function contentHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 16);
}
