import { visible } from "./visible.ts";

/**
 * The sentence of an unknown name: what could not be done, the name, and the choices.
 *
 * @param what The kind of thing that was named, such as "method".
 */
export function unknownName(what: string, options: { name: string; choices: readonly string[] }): RangeError {
  const name = visible(options.name);
  return new RangeError(
    `Cannot find ${what} "${name}": unknown name, expected one of ${options.choices.join(", ")}, got "${name}"`,
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
