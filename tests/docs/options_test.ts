import { deepEqual, equal, fail, match, rejects, throws } from "node:assert/strict";
import { z } from "zod";
import { parseWith } from "../../lib/core/parse.ts";
import { environments } from "../../lib/envs/registry.ts";
import { suiteJsonSchema } from "../../lib/experiment/suite.ts";
import { methods } from "../../lib/model/registry.ts";
import { differences, documentedOptions, fieldsOf, type OptionDefaults, optionsOf } from "./option_table.ts";

const docs = new URL("../../docs/", import.meta.url);

/** Fails with all that a page's table says otherwise than the code. */
async function checkPage(name: string, options: { readonly heading: string; readonly actual: OptionDefaults }) {
  let page: string;
  try {
    page = await Deno.readTextFile(new URL(name, docs));
  } catch {
    fail(`docs/${name} is missing, expected a page with a section "${options.heading}"`);
  }
  let documented: OptionDefaults;
  try {
    documented = documentedOptions(page, options.heading);
  } catch (error) {
    fail(`docs/${name}: ${(error as Error).message}`);
  }
  const wrong = differences(documented, options.actual);
  if (wrong.length > 0) fail(`docs/${name}, section "${options.heading}": ${wrong.join("; ")}`);
}

for (const { id, load } of methods) {
  Deno.test(`docs/methods/${id}.md lists the method's options and their defaults`, async () => {
    const { parseOptions } = await load();
    await checkPage(`methods/${id}.md`, { heading: "Options", actual: optionsOf(parseOptions) });
  });
}

for (const { id, load } of environments) {
  Deno.test(`docs/environments/${id}.md lists the environment's options and their defaults`, async () => {
    const { parseOptions } = await load();
    await checkPage(`environments/${id}.md`, { heading: "Options", actual: optionsOf(parseOptions) });
  });
}

for (const [path, actual] of fieldsOf(suiteJsonSchema())) {
  Deno.test(`docs/suites.md lists the fields of ${path === "" ? "a suite" : path} and their defaults`, async () => {
    await checkPage("suites.md", { heading: path === "" ? "Fields" : `\`${path}\``, actual });
  });
}

Deno.test("docs/methods has a page for each registered method and no other", async () => {
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(new URL("methods/", docs))) pages.push(name);
  deepEqual(pages.sort(), methods.map(({ id }) => `${id}.md`).sort());
});

Deno.test("fieldsOf finds the objects of a suite, those in lists and in each other too", () => {
  const found = fieldsOf(suiteJsonSchema());
  deepEqual([...found.keys()], [
    ...["", "environments", "methods", "variants", "variants.observation", "planner", "training", "evaluation"],
  ]);
  equal(found.get("")!.get("name"), "required");
  equal(found.get("")!.get("variants"), "[{}]");
  equal(found.get("methods")!.get("label"), "none");
  equal(found.get("training")!.get("learningRate"), "0.0001");
});

const sample = z.strictObject({
  widths: z.array(z.int()).default([8, 4]),
  form: z.string().default("full"),
  limit: z.number().optional(),
  rest: z.strictObject({ after: z.int().default(3) }).nullable().default(null),
});

function parseSample(options: unknown) {
  return parseWith(sample, options, "sample");
}

function pageWith(...rows: readonly string[]): string {
  return ["# A", "", "## Options", "", "| option | default | meaning |", "| --- | --- | --- |", ...rows, "", "## B", ""]
    .join("\n");
}

const rows = ["| `widths`, `form` | [8, 4], `full` | sizes |", "| `limit` | none | m |", "| `rest` | null | off |"];

Deno.test("optionsOf has options without a default, and the fields of one that is off", () => {
  deepEqual(
    [...optionsOf(parseSample)],
    [["widths", "[8,4]"], ["form", '"full"'], ["limit", "none"], ["rest", "null"], ["rest.after", "3"]],
  );
});

Deno.test("differences: none for a table that is right; else what is missing, superfluous or other", () => {
  const actual = optionsOf(parseSample);
  const of = (...given: readonly string[]) => differences(documentedOptions(pageWith(...given), "Options"), actual);
  const inner = "| `rest.after` | 3 | steps |";
  deepEqual(of(...rows, inner), []);
  deepEqual(of(...rows), ["rest.after is not in the table, expected a row with the default 3"]);
  deepEqual(of(...rows, inner, "| `old` | 1 | gone |"), ["old is in the table, but there is no such option"]);
  deepEqual(of(rows[0]!.replace("`full`", "`none`"), rows[1]!, rows[2]!, inner), [
    'form has another default, expected "full", the table says "none"',
  ]);
});

Deno.test("documentedOptions refuses a page without section or table, and rows that are not clear", () => {
  throws(() => documentedOptions("# A\n", "Options"), /Cannot find section "Options": .* expected one of "A"/);
  throws(() => documentedOptions("# A\n## Options\nNone.\n", "Options"), /wrong first table, .* got no table/);
  const wrong = [
    "| widths | [8] | not as code |",
    "| `widths`, `form` | [8] | one default |",
    "| `widths` | 4 × N | not JSON |",
    "| `widths` | [8] | |",
  ];
  for (const row of wrong) throws(() => documentedOptions(pageWith(row), "Options"), /a row is not clear/, row);
  throws(() => documentedOptions(pageWith(rows[2]!, rows[2]!), "Options"), /each option once, got rest twice/);
});

Deno.test("checkPage names the page and what is wrong with it", async () => {
  const actual = new Map([["width", "1"]]);
  await rejects(checkPage("methods/nope.md", { heading: "Options", actual }), {
    message: 'docs/methods/nope.md is missing, expected a page with a section "Options"',
  });
  await rejects(
    checkPage("methods/mlp.md", { heading: "Options", actual }),
    (error: Error) => {
      match(
        error.message,
        /^docs\/methods\/mlp\.md, section "Options": width is not in the table, expected a row with/,
      );
      match(error.message, /; hidden is in the table, but there is no such option$/);
      return true;
    },
  );
});
