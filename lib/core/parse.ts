import type { z } from "zod";
import { type Source, sourceName } from "./json_text.ts";
import { visible } from "./visible.ts";

/** A field that is not allowed; the path tells whoever knows the text where it stands. */
export class FieldError extends RangeError {
  /** From the whole that was parsed to the field. */
  readonly path: readonly PropertyKey[];
  /** Whether the field's name is what is wrong, and not its value. */
  readonly part: "key" | "value";

  constructor(message: string, { path, part }: { path: readonly PropertyKey[]; part: "key" | "value" }) {
    super(message);
    this.name = "RangeError";
    this.path = path;
    this.part = part;
  }
}

/**
 * Parses unknown data with a schema.
 *
 * @param source What the sentence calls the whole, such as `method` or `suite my_suite.json`, and where its parts stand.
 * @returns The parsed value with defaults filled.
 * @throws {FieldError} "Cannot read <what>: <path> is not allowed, expected <rule>, got <value>", for the first wrong
 *   field; for one that does not exist the rule names those that do. Where the source knows places, <what> ends with
 *   line and column.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  source: string | Source,
): z.output<Schema> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const isKey = issue.code === "unrecognized_keys";
  const path = isKey ? [...issue.path, issue.keys[0]!] : issue.path;
  const at = { path, part: isKey ? "key" : "value" } as const;
  const name = sourceName(typeof source === "string" ? { what: source } : source, path, at.part);
  throw new FieldError(`Cannot read ${name}: ${sentenceOf(issue, { schema, value: data })}`, at);
}

function sentenceOf(
  issue: z.core.$ZodIssue,
  { schema, value }: { readonly schema: z.ZodType; readonly value: unknown },
): string {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const choices = fieldsAt(schema, issue.path);
    const rule = choices.length > 0 ? `one of ${choices.join(", ")}` : "no such field";
    return `${pathOf([...issue.path, key])} is not a field, expected ${rule}, got ${shown(key)}`;
  }
  // A rule over several fields may concern one that was left at its default.
  const got = issue.code === "custom" && issue.params && "got" in issue.params
    ? issue.params.got
    : valueAt(value, issue.path);
  const rule = /expected (.*?)(?:, received .*)?$/s.exec(issue.message)?.[1] ?? issue.message;
  const reason = got === undefined && issue.code === "invalid_type" ? "is missing" : "is not allowed";
  return `${pathOf(issue.path)} ${reason}, expected ${rule}, got ${shown(got)}`;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the whole" : visible(path.map(String).join("."));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : visible(JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Field names of the object schema at `path`; empty when it cannot be told. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = unwrapped(schema);
  for (const key of path) {
    if (at.type === "object") at = unwrapped(Object.hasOwn(at.shape ?? {}, key) ? at.shape![String(key)] : undefined);
    else if (at.type === "array") at = unwrapped(at.element);
    else return [];
  }
  return Object.keys(at.shape ?? {});
}

/** The part of a zod definition that is walked. */
interface Definition {
  readonly type?: string;
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly innerType?: unknown;
}

function unwrapped(schema: unknown): Definition {
  let definition = (schema as { def?: Definition } | undefined)?.def ?? {};
  while (definition.innerType) definition = (definition.innerType as { def: Definition }).def;
  return definition;
}
