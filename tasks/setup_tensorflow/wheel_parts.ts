import { append } from "../../lib/core/append.ts";
import type { WheelFile } from "./wheel_file.ts";

/** Where a TensorFlow wheel keeps its headers. */
const includeFolder = "tensorflow/include/";

/**
 * The headers that some C++ sources need of a TensorFlow wheel, out of its some ten thousand: what they include, what
 * that includes, and so on. Headers that the wheel does not have are the compiler's own.
 *
 * @param sources Texts of C++ files.
 * @returns Names in the wheel, sorted.
 */
export async function neededHeaders(
  wheel: Pick<WheelFile, "has" | "text">,
  sources: readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  const open = sources.flatMap(includesOf);
  while (open.length > 0) {
    const name = includeFolder + open.pop()!;
    if (found.has(name) || !wheel.has(name)) continue;
    found.add(name);
    append(open, includesOf(await wheel.text(name)));
  }
  return [...found].sort();
}

function includesOf(source: string): string[] {
  return [...source.matchAll(/^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]/gm)].map((match) => match[1]!);
}

/** The shared libraries of TensorFlow itself, without Python's modules. */
export function tensorFlowLibraries(names: readonly string[]): readonly string[] {
  return names.filter((name) => /^tensorflow\/[^/]+\.so(\.\d+)*$/.test(name));
}

/** The shared libraries of one of NVIDIA's wheels. TensorFlow's look for them beside its own folder, as pip lays them. */
export function nvidiaLibraries(names: readonly string[]): readonly string[] {
  return names.filter((name) => /^nvidia\/[^/]+\/lib\/[^/]+\.so(\.\d+)*$/.test(name));
}

/**
 * What a wheel asks for under an extra, as pip takes it on its command line.
 *
 * @param metadata The text of METADATA.
 */
export function requirementsOfExtra(metadata: string, extra: string): readonly string[] {
  return metadata.split(/\r?\n/).flatMap((line) => {
    const [, requirement, condition] = /^Requires-Dist: ([^;]+);(.*)$/.exec(line) ?? [];
    return condition?.includes(`extra == "${extra}"`) ? [requirement!.trim()] : [];
  });
}
