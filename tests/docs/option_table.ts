import { canonicalJson } from "../../lib/experiment/spec_hash.ts";
import { sectionOf, tableOf } from "./markdown.ts";

/** Options by name, with the default as canonical JSON, or as one of the two words. */
export type OptionDefaults = ReadonlyMap<string, string>;

/** In place of a default: an option that has to be given, and one whose absence means something of its own. */
export const withoutDefault = { required: "required", none: "none" } as const;

/**
 * Reads the table of a section: columns `option` (or `field`), `default`, `meaning`. A row may name several options with
 * as many defaults. Code spans in a default are strings; anything else is JSON, or a word of {@link withoutDefault}.
 *
 * @throws {RangeError} If the section or the table is missing, or a row cannot be read; the sentence quotes it.
 */
export function documentedOptions(page: string, heading: string): OptionDefaults {
  const [header, ...rows] = tableOf(sectionOf(page, heading));
  if (!header || !/^(option|field) default meaning$/.test(header.join(" "))) {
    throw new RangeError(
      `Cannot read section "${heading}": wrong first table, expected columns option, default, meaning, ` +
        `got ${header ? header.join(", ") : "no table"}`,
    );
  }
  const documented = new Map<string, string>();
  for (const [nameCell = "", defaultCell = "", meaning = ""] of rows) {
    const names = [...nameCell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
    const defaults = defaultsIn(defaultCell, names.length);
    if (names.length === 0 || meaning === "" || defaults?.length !== names.length) {
      throw new RangeError(
        `Cannot read section "${heading}": a row is not clear, expected names as code, a default each and a meaning, ` +
          `got | ${nameCell} | ${defaultCell} | ${meaning} |`,
      );
    }
    for (const [i, name] of names.entries()) {
      if (documented.has(name)) {
        throw new RangeError(`Cannot read section "${heading}": expected each option once, got ${name} twice`);
      }
      documented.set(name, defaults[i]!);
    }
  }
  return documented;
}

/** Defaults of one cell; null where it is neither JSON nor a word. */
function defaultsIn(cell: string, count: number): readonly string[] | null {
  if (Object.values<string>(withoutDefault).includes(cell)) return Array(count).fill(cell);
  const json = cell.replaceAll(/`([^`]*)`/g, (_, text) => JSON.stringify(text));
  try {
    return (JSON.parse(`[${json}]`) as unknown[]).map(canonicalJson);
  } catch {
    return null;
  }
}

/**
 * The options that a `parseOptions` knows and their defaults. Names come from its sentence on an unknown option too, so
 * that an option without a default is not missed. Fields of an option that is off by default, null, stand beside it as
 * `option.field`.
 */
export function optionsOf(parse: (options: unknown) => object): OptionDefaults {
  const defaults = parse({}) as Record<string, unknown>;
  const options = new Map<string, string>();
  for (const name of new Set([...namesIn(parse), ...Object.keys(defaults)])) {
    const value = defaults[name];
    options.set(name, value === undefined ? withoutDefault.none : canonicalJson(value));
    if (value !== null) continue;
    for (const [field, inner] of Object.entries(fieldsWhenOn(parse, name))) {
      options.set(`${name}.${field}`, canonicalJson(inner));
    }
  }
  return options;
}

function namesIn(parse: (options: unknown) => object): readonly string[] {
  try {
    parse({ "no such option": 0 });
  } catch (error) {
    return /expected one of (.*), got/.exec((error as Error).message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

function fieldsWhenOn(parse: (options: unknown) => object, name: string): object {
  try {
    return (parse({ [name]: {} }) as Record<string, object>)[name] ?? {};
  } catch {
    return {};
  }
}

/** The part of a JSON Schema that is read. */
interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ObjectSchema & { readonly default?: unknown }>>;
  readonly required?: readonly string[];
  readonly items?: ObjectSchema;
}

/** Fields of every object in a JSON Schema, by the object's path; that of the whole is "". */
export function fieldsOf(schema: ObjectSchema, path = ""): ReadonlyMap<string, OptionDefaults> {
  const properties = Object.entries(schema.properties ?? {});
  const all = new Map<string, OptionDefaults>();
  all.set(
    path,
    new Map(properties.map(([name, property]) => {
      if (schema.required?.includes(name)) return [name, withoutDefault.required];
      return [name, "default" in property ? canonicalJson(property.default) : withoutDefault.none];
    })),
  );
  for (const [name, property] of properties) {
    const inner = property.items ?? property;
    if (!inner.properties) continue;
    for (const [at, fields] of fieldsOf(inner, path === "" ? name : `${path}.${name}`)) all.set(at, fields);
  }
  return all;
}

/** What a table says otherwise than the code, a sentence each. */
export function differences(documented: OptionDefaults, actual: OptionDefaults): readonly string[] {
  const sentences: string[] = [];
  for (const [name, value] of actual) {
    const said = documented.get(name);
    if (said === undefined) sentences.push(`${name} is not in the table, expected a row with the default ${value}`);
    else if (said !== value) sentences.push(`${name} has another default, expected ${value}, the table says ${said}`);
  }
  for (const name of documented.keys()) {
    if (!actual.has(name)) sentences.push(`${name} is in the table, but there is no such option`);
  }
  return sentences;
}
