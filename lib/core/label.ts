import { z } from "zod";

/** Characters of a label, at most. */
export const LONGEST_LABEL = 60;

/** Letters, marks, digits, punctuation and symbols that can be seen, and the ordinary space. */
const seen = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
const unseen = /[\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What spreadsheets take for the start of a formula, in any width, and the apostrophe that they swallow. */
const formulaStart = /^[=+\-@'\u2212]/;

/** What readers of CSV files take for a missing value, a truth value or a number that is none. */
const otherValues = new Set(
  ("na n/a #n/a <na> #na nan null nil none nul undefined missing true false t f yes no inf infinity 1.#ind 1.#qnan #null! " +
    "#ref! #name? #value! #div/0! #num! #error!").split(" "),
);

const month = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|" +
  "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

/** What readers of CSV files take for a number, a date or a time: 007, 1e3, 0x1f, 20 %, 1,5, 2026-11-25, Mar 1. */
const numeric = [
  /^[\p{N}.,:/_%()\s\u2044\p{Pd}\p{Sc}]*$/u,
  /^[\d.,\s]+[ed][+-]?\d+$/,
  /^0[xob][\da-f]+$/,
  new RegExp(`^${month}[\\s./-]*\\d{1,4}$`),
  new RegExp(`^\\d{1,4}[\\s./-]*${month}(?:[\\s./-]*\\d{1,4})?$`),
];

/** Whether a text is one line of characters that can be seen, and spaces. */
export function isSeen(text: string): boolean {
  return seen.test(text);
}

/**
 * The one rule for what people name things in tables, files, charts and on terminals: a text that can be seen whole,
 * is the same for every reader, and is read as text.
 *
 * @param text In Unicode's normal form C.
 * @returns The rule that `text` breaks, to follow "expected"; null for none.
 */
export function labelRule(text: string): string | null {
  if (text === "") return "at least one character";
  if ([...text].length > LONGEST_LABEL) return `at most ${LONGEST_LABEL} characters`;
  if (text !== text.trim()) return "no space at its start or end";
  if (!seen.test(text) || unseen.test(text)) {
    return "characters that can be seen, and no other space than the usual one";
  }
  if (text.includes("  ")) return "one space at a time";
  if (text.includes(",")) return "no comma";
  const plain = text.normalize("NFKC").toLowerCase();
  if (formulaStart.test(plain)) return "no formula: another first character than =, +, -, @ or '";
  if (otherValues.has(plain)) return "a name that no reader of tables takes for a missing or a truth value";
  if (numeric.some((pattern) => pattern.test(plain))) {
    return "a name that no reader of tables takes for a number or date";
  }
  return null;
}

/** A label as a file holds it; kept in normal form C, in which one look has one spelling. */
export const labelSchema = z.string().normalize("NFC").superRefine((text, context) => {
  const rule = labelRule(text);
  if (rule !== null) context.addIssue({ code: "custom", message: `expected ${rule}` });
});

/** Two labels of one look agree in this: case, width and kind of letters do not count. */
export function labelLook(label: string): string {
  return label.normalize("NFKC").toLowerCase();
}
