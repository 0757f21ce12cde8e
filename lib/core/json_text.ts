import { type AnyNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import { messageOf } from "./errors.ts";
import { visible } from "./visible.ts";

/** Objects and lists in each other, at most: nothing that is read here needs more, and readers recurse. */
const DEEPEST = 64;

/** Where something stands in a text, both from 1; `text` is how it is written there. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** What a sentence calls some data, and where its parts stand. */
export interface Source {
  /** Such as `suite my_suite.json`. */
  readonly what: string;
  /** Place of the value at a path, or of what is nearest to it; `key` looks for the last part's name, not its value. */
  placeOf?(path: readonly PropertyKey[], part?: "key" | "value"): Place;
}

/** A parsed text and where its parts stand. */
export interface JsonText {
  readonly value: unknown;
  readonly source: Required<Source>;
}

/** What a source is called, with the place of the value at `path` where that is known. */
export function sourceName(source: Source, path: readonly PropertyKey[] = [], part?: "key" | "value"): string {
  const place = source.placeOf?.(path, part);
  return place ? placed(source.what, place) : source.what;
}

/**
 * Parses JSON (RFC 8259) strictly: an object's keys differ, a number is one that a float64 can hold, and no key is
 * `__proto__`. So nothing in the text is dropped or replaced without a word.
 *
 * @param what What the sentence calls the text, such as `suite my_suite.json`.
 * @throws {SyntaxError} "Cannot read <what>, line <n>, column <n>: <reason>, expected <rule>, got <text>".
 */
export function parseJsonText(text: string, what: string): JsonText {
  const refuse = (offset: number, sentence: string): never => {
    throw new SyntaxError(`Cannot read ${placed(what, placeAt(text, offset))}: ${sentence}`);
  };
  refuseDepth(text, refuse);
  let body: ValueNode;
  try {
    body = parse(text, { mode: "json", ranges: true }).body;
  } catch (error) {
    const { offset } = error as { readonly offset?: number };
    if (offset === undefined) throw new SyntaxError(`Cannot read ${what}: ${messageOf(error)}, expected JSON`);
    // The parser blames the last value or bracket where the text ends after it.
    const isLast = /^(?:"(?:[^"\\]|\\.)*"|[\w.+-]+|[{[])\s*$/.test(text.slice(offset)) &&
      /token/.test(messageOf(error));
    if (isLast || /end of input/.test(messageOf(error))) {
      return refuse(text.trimEnd().length, `the text ends too early, expected ${ruleAt(text, offset)}, got its end`);
    }
    return refuse(offset, `not JSON, expected ${ruleAt(text, offset)}, got ${shownAt(text, offset)}`);
  }
  const value = valueOf(body, { text, refuse });
  return {
    value,
    source: { what, placeOf: (path, part = "value") => placeOfNode(nodeAt(body, path, part), text) },
  };
}

function placed(what: string, { line, column }: Pick<Place, "line" | "column">): string {
  return `${what}, line ${line}, column ${column}`;
}

interface Reading {
  readonly text: string;
  refuse(offset: number, sentence: string): never;
}

function valueOf(node: ValueNode, reading: Reading): unknown {
  switch (node.type) {
    case "Array":
      return node.elements.map(({ value }) => valueOf(value, reading));
    case "Object":
      return objectOf(node.members, reading);
    case "String":
      return textOf(node, reading);
    case "Number":
      return numberOf(node, reading);
    case "Boolean":
      return node.value;
    default:
      return null;
  }
}

type Members = Extract<ValueNode, { type: "Object" }>["members"];

function objectOf(members: Members, reading: Reading): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  const firstLines = new Map<string, number>();
  for (const { name, value } of members) {
    // The parser's other kind of name is JSON5's.
    if (name.type !== "String") return reading.refuse(startOf(name), "not JSON, expected a key in double quotes");
    const key = textOf(name, reading);
    const first = firstLines.get(key);
    const shown = visible(JSON.stringify(key));
    if (first !== undefined) {
      reading.refuse(startOf(name), `the key stands twice, expected each key once, got ${shown} as in line ${first}`);
    }
    if (key === "__proto__") {
      reading.refuse(startOf(name), `the key is not allowed, expected the name of a field, got ${shown}`);
    }
    firstLines.set(key, name.loc.start.line);
    entries.set(key, valueOf(value, reading));
  }
  return Object.fromEntries(entries);
}

function numberOf(node: Extract<ValueNode, { type: "Number" }>, { text, refuse }: Reading): number {
  const written = sourceText(node, text);
  const isZero = /^-?0*\.?0*(?:e.*)?$/i.test(written);
  if (!Number.isFinite(node.value) || (node.value === 0 && !isZero)) {
    refuse(
      startOf(node),
      `the number is out of range, expected 0 or a size from 5e-324 to 1.7e308, got ${cut(written)}`,
    );
  }
  // One spelling of zero: -0 would be another identity nowhere, yet another number in places.
  return node.value === 0 ? 0 : node.value;
}

function textOf(node: Extract<ValueNode, { type: "String" }>, { text, refuse }: Reading): string {
  const written = sourceText(node, text);
  // JSON wants control characters as escapes; the parser lets them pass.
  // deno-lint-ignore no-control-regex -- They are what is looked for.
  const at = written.search(/[\u0000-\u001f]/);
  if (at >= 0) {
    const escape = `\\u${written.charCodeAt(at).toString(16).padStart(4, "0")}`;
    refuse(startOf(node) + at, `a control character in a text, expected it as an escape, ${escape}, got it as it is`);
  }
  if (!node.value.isWellFormed()) {
    refuse(startOf(node), `half a character in a text, expected both halves of a surrogate pair, got ${cut(written)}`);
  }
  return node.value;
}

function refuseDepth(text: string, refuse: Reading["refuse"]): void {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (isText) {
      if (character === "\\") i++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "{" || character === "[") {
      if (++depth > DEEPEST) refuse(i, `nested too deep, expected at most ${DEEPEST} objects and lists, got more`);
    } else if (character === "}" || character === "]") depth--;
  }
}

/** What may stand at an offset where the parser found something else. */
function ruleAt(text: string, offset: number): string {
  const rest = text.slice(offset);
  if (/^\s*\/[/*]/.test(rest)) return "no comments";
  if (/^\s*'/.test(rest)) return "texts in double quotes";
  if (/^\s*[\]}]/.test(rest) && /,\s*$/.test(text.slice(0, offset))) return "no comma after the last entry";
  if (/^\s*(?:NaN|[+-]?Infinity)/.test(rest)) return "a finite number";
  if (text.trim() === "") return "a JSON object";
  return "JSON";
}

function shownAt(text: string, offset: number): string {
  return cut(/^(?:[\p{L}\p{N}_.+-]+|.)/su.exec(text.slice(offset))?.[0] ?? "");
}

function nodeAt(root: ValueNode, path: readonly PropertyKey[], part: "key" | "value"): AnyNode {
  let at: ValueNode = root;
  for (const [i, key] of path.entries()) {
    if (at.type === "Array") {
      const element = at.elements[Number(key)];
      if (!element) return at;
      at = element.value;
    } else if (at.type === "Object") {
      const member = at.members.find(({ name }) => name.type === "String" && name.value === key);
      if (!member) return at;
      if (part === "key" && i === path.length - 1) return member.name;
      at = member.value;
    } else return at;
  }
  return at;
}

function placeOfNode(node: AnyNode, text: string): Place {
  const { line, column } = node.loc.start;
  return { line, column, text: sourceText(node, text) };
}

/** Lines end with LF, CR or both, as the parser counts them. */
function placeAt(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines.at(-1)!.length + 1, text: text.slice(offset) };
}

function startOf(node: AnyNode): number {
  return node.loc.start.offset;
}

function sourceText(node: AnyNode, text: string): string {
  return text.slice(node.loc.start.offset, node.loc.end.offset);
}

function cut(text: string): string {
  const shown = visible(text);
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}
