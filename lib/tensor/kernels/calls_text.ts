import { posix } from "node:path";

/** Where the text of {@link callsText} lies. */
export const callsFile = new URL("./kernel_calls.ts", import.meta.url);

/** A number of the host for each type of AssemblyScript that a kernel takes or gives. */
const hostTypes: Readonly<Record<string, string>> = {
  usize: "Address",
  i32: "number",
  f32: "number",
  f64: "number",
  bool: "boolean",
  void: "void",
};

interface Parameter {
  readonly name: string;
  readonly type: string;
}

interface Kernel {
  readonly name: string;
  /** The comment before it, or an empty text. */
  readonly comment: string;
  readonly parameters: readonly Parameter[];
  readonly result: string;
}

/**
 * Writes a TypeScript module that calls the kernels with named arguments, addresses apart from sizes, so that none can be
 * swapped for another.
 *
 * @param entry Path of the module that exports the kernels from others.
 * @param read The source of a path.
 * @throws {SyntaxError} If an export is no function of numbers.
 */
export async function callsText(entry: string, read: (path: string) => Promise<string>): Promise<string> {
  const kernels: Kernel[] = [];
  for (const [, names, from] of (await read(entry)).matchAll(/export \{([^}]*)\} from "([^"]+)"/g)) {
    const path = posix.join(posix.dirname(entry), from!);
    const source = await read(path);
    for (const name of names!.split(",").map((each) => each.trim()).filter((each) => each !== "")) {
      kernels.push(kernelOf(name, { source, path }));
    }
  }
  return [
    "// Written by `deno task kernels` from the AssemblyScript sources; not to be edited.",
    "// deno-fmt-ignore-file",
    'import type { Address } from "./address.ts";',
    "",
    "/** What a compiled module exports, called by position. */",
    "export interface KernelExports {",
    ...kernels.map(({ name, parameters, result }) =>
      `  ${name}(${parameters.map((each) => `${each.name}: ${each.type}`).join(", ")}): ${result};`
    ),
    "}",
    "",
    "/** The kernels, called with named arguments; what an address points to stands in the sources. */",
    "export interface KernelCalls {",
    ...kernels.flatMap(({ name, comment, parameters, result }) => [
      ...(comment === "" ? [] : [comment]),
      `  ${name}(${
        groupsOf(parameters).map(([group, members]) => `${group}: ${record(members)}`).join(", ")
      }): ${result};`,
    ]),
    "}",
    "",
    "/** Names the arguments of a module's exports. */",
    "export function kernelCalls(exports: KernelExports): KernelCalls {",
    "  return {",
    ...kernels.map(({ name, parameters }) => {
      const groups = groupsOf(parameters).map(([group]) => group).join(", ");
      const given = parameters.map((each) => `${groupOf(each)}.${each.name}`).join(", ");
      return `    ${name}: (${groups}) => exports.${name}(${given}),`;
    }),
    "  };",
    "}",
    "",
  ].join("\n");
}

/** Addresses go first, in an object of their own: literals that stand in a call as they are cost next to nothing. */
function groupOf({ type }: Parameter): "at" | "of" {
  return type === "Address" ? "at" : "of";
}

function groupsOf(parameters: readonly Parameter[]): readonly ["at" | "of", readonly Parameter[]][] {
  const groups = (["at", "of"] as const).map((group): ["at" | "of", readonly Parameter[]] => [
    group,
    parameters.filter((each) => groupOf(each) === group),
  ]);
  return groups.filter(([, members]) => members.length > 0);
}

function record(parameters: readonly Parameter[]): string {
  return `{ ${parameters.map(({ name, type }) => `readonly ${name}: ${type}`).join("; ")} }`;
}

function kernelOf(name: string, { source, path }: { readonly source: string; readonly path: string }): Kernel {
  const found = new RegExp(`(/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export function ${name}\\(([^)]*)\\): (\\w+) \\{`).exec(
    source,
  );
  if (!found) {
    throw new SyntaxError(`Cannot describe kernel ${name}: expected an exported function, got none in ${path}`);
  }
  const [, comment = "", list, result] = found;
  const hostType = (type: string): string => {
    const known = hostTypes[type];
    if (known !== undefined) return known;
    const choices = Object.keys(hostTypes).join(", ");
    throw new SyntaxError(`Cannot describe kernel ${name}: type not known, expected one of ${choices}, got "${type}"`);
  };
  const parameters = list!.split(",").map((each) => each.trim()).filter((each) => each !== "").map((each) => {
    const [parameter, type = ""] = each.split(": ");
    // A size where it is a number of bytes, which AssemblyScript adds to addresses.
    return { name: parameter!, type: parameter === "bytes" ? "number" : hostType(type) };
  });
  const indented = comment.trimEnd().replace(/^/gm, "  ");
  return { name, comment: comment === "" ? "" : indented, parameters, result: hostType(result!) };
}
