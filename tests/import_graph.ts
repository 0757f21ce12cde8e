import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { append } from "../lib/core/append.ts";

/** The project's folder. */
export const projectFolder = fileURLToPath(new URL("../", import.meta.url));

/** One import of a module. */
export interface Import {
  /** A path in the project such as `lib/core/rng.ts`, or a package such as `npm:hono`. */
  readonly to: string;
  /** Loaded when reached, by `import(...)`. */
  readonly isDynamic: boolean;
  /** Erased before it runs. */
  readonly isTypeOnly: boolean;
}

/** The imports of each module of the project and of the packages they reach, as Deno resolves them. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

interface InfoDependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
  readonly isDynamic?: boolean;
}

/** Source files below some files and folders of the project. */
export async function sourceFiles(places: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const place of places) {
    const { isFile } = await Deno.stat(join(projectFolder, place));
    if (isFile) files.push(place);
    else {
      for await (const entry of Deno.readDir(join(projectFolder, place))) {
        const path = `${place}/${entry.name}`;
        if (entry.isDirectory) append(files, await sourceFiles([path]));
        else if (/\.tsx?$/.test(entry.name)) files.push(path);
      }
    }
  }
  return files.sort();
}

/** Reads the import graph of some source files with `deno info`. */
export async function importGraph(files: readonly string[]): Promise<ImportGraph> {
  // One module that imports all: deno info takes one root.
  const root = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(pathToFileURL(join(projectFolder, file)).href)};`);
    await Deno.writeTextFile(root, lines.join("\n"));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", `--config=${join(projectFolder, "deno.json")}`, root],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const info: { readonly modules: readonly { specifier: string; dependencies?: readonly InfoDependency[] }[] } = JSON
      .parse(new TextDecoder().decode(stdout));
    const graph = new Map<string, readonly Import[]>();
    for (const { specifier, dependencies } of info.modules) {
      if (specifier.startsWith(pathToFileURL(projectFolder).href)) {
        graph.set(nameOf(specifier), (dependencies ?? []).map(importOf));
      }
    }
    return graph;
  } finally {
    await Deno.remove(root);
  }
}

function importOf({ specifier, code, type, isDynamic }: InfoDependency): Import {
  return {
    to: nameOf(code?.specifier ?? type?.specifier ?? specifier),
    isDynamic: isDynamic ?? false,
    isTypeOnly: code === undefined,
  };
}

function nameOf(specifier: string): string {
  if (!specifier.startsWith("file:")) return specifier.replace(/^npm:\/?((?:@[^/]+\/)?[^@/]+).*$/, "npm:$1");
  return relative(projectFolder, fileURLToPath(specifier)).split(sep).join("/");
}

/** Everything that runs when a module is loaded, with the way there; what is imported dynamically is not followed. */
export function loadedBy(graph: ImportGraph, start: string): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  const open = [start];
  for (let module = open.pop(); module !== undefined; module = open.pop()) {
    for (const { to, isDynamic, isTypeOnly } of graph.get(module) ?? []) {
      if (isDynamic || isTypeOnly || ways.has(to)) continue;
      ways.set(to, [...ways.get(module)!, to]);
      open.push(to);
    }
  }
  return ways;
}

/**
 * Modules that import each other, directly or through others; imports of types count, as who reads one needs the other.
 *
 * @returns Each knot once, its modules in order of their names.
 */
export function importCycles(graph: ImportGraph): readonly (readonly string[])[] {
  // Tarjan 1972: a module's `low` is the first one on the stack that it leads back to.
  const found = new Map<string, { readonly index: number; low: number }>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (module: string) => {
    const own = { index: found.size, low: found.size };
    found.set(module, own);
    stack.push(module);
    const imports = (graph.get(module) ?? []).map(({ to }) => to).filter((to) => graph.has(to));
    for (const to of imports) {
      const seen = found.get(to);
      if (!seen) own.low = Math.min(own.low, visit(to));
      else if (stack.includes(to)) own.low = Math.min(own.low, seen.index);
    }
    if (own.low === own.index) {
      const members = stack.splice(stack.indexOf(module));
      if (members.length > 1 || imports.includes(module)) cycles.push(members.sort());
    }
    return own.low;
  };
  for (const module of graph.keys()) if (!found.has(module)) visit(module);
  return cycles;
}
