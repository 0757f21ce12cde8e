import unhomoglyph from "unhomoglyph";
import { labelLook } from "../core/label.ts";
import { methods } from "../model/registry.ts";

/**
 * The method that a reader takes a label for, whatever its case, its hyphens, and letters of other alphabets that look
 * the same: `fcdl` for "FCDL", "F-CDL" and one in Cyrillic letters.
 *
 * @returns The method's id; null for a label that is no method's name.
 */
export function methodCalled(label: string): string | null {
  const look = skeleton(label);
  return methods.find(({ id, label: name }) => [id, name].some((known) => skeleton(known) === look))?.id ?? null;
}

function skeleton(text: string): string {
  return unhomoglyph(labelLook(text)).toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
