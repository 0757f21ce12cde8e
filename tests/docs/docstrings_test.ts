import { deepEqual, ok } from "node:assert/strict";
import { join, relative } from "node:path";
import { projectFolder, sourceFiles } from "../import_graph.ts";

/** One finding of `deno doc --lint`, with the line it points at. */
interface Finding {
  readonly rule: string;
  readonly message: string;
  readonly file: string;
  readonly line: string;
}

async function findingsOf(files: readonly string[]): Promise<readonly Finding[]> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...files],
    cwd: projectFolder,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr).split(/\n(?=error\[)/).flatMap((block): Finding[] => {
    const [, rule, message] = /^error\[([\w-]+)\]: (.*)/.exec(block) ?? [];
    const place = /--> (.*?):\d+:\d+/.exec(block)?.[1];
    const line = /^ *\d+ \| (.*)$/m.exec(block)?.[1];
    if (!rule || !message || !place || line === undefined || place.includes("node_modules")) return [];
    return [{ rule, message, file: relative(projectFolder, place), line }];
  });
}

const texts = new Map<string, string>();

function textOf(file: string): string {
  let text = texts.get(file);
  if (text === undefined) texts.set(file, text = Deno.readTextFileSync(join(projectFolder, file)));
  return text;
}

/** Whether a finding is of an exported name, not of a member of it, whose name and type may say enough. */
function isOfName({ line }: Finding): boolean {
  return line.startsWith("export ");
}

/** Whether a type that an exported name shows is one of its own file, which nobody else can then name. */
function isHidden({ message, file }: Finding): boolean {
  const name = /references private type '(\w+)'$/.exec(message)?.[1];
  return name !== undefined && new RegExp(`^(?:type|interface|class) ${name}\\b`, "m").test(textOf(file));
}

// Kernels are AssemblyScript.
const files = (await sourceFiles(["lib"])).filter((file) => !/\/kernel\.ts$|\/assembly\//.test(file));
const findings = await findingsOf(files);

Deno.test("deno doc --lint reads all of lib", () => {
  // Members without a docstring are among its findings, so that some are always there.
  ok(findings.length > 0 && findings.every(({ file }) => file.startsWith("lib")));
});

Deno.test("every name that lib exports has a docstring", () => {
  const bare = findings.filter((each) => each.rule === "missing-jsdoc" && isOfName(each));
  deepEqual(bare.map(({ file, line }) => `${file}: ${line}`), []);
});

Deno.test("what lib exports shows no type that is not exported, and functions say what they return", () => {
  const hidden = findings.filter((each) => each.rule === "private-type-ref" && isHidden(each));
  deepEqual(hidden.map(({ file, message }) => `${file}: ${message}`), []);
  const open = findings.filter(({ rule, line }) => rule === "missing-return-type" && /^export .*function/.test(line));
  deepEqual(open.map(({ file, line }) => `${file}: ${line}`), []);
});
