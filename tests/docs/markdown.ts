/** A heading of a page and what stands under it, up to the next heading of any level. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** The sections of a page in order; what stands before the first heading is left out. */
export function sectionsOf(page: string): readonly Section[] {
  const sections: { heading: string; lines: string[] }[] = [];
  let isCode = false;
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    const heading = isCode ? null : /^#+ +(.*?) *$/.exec(line);
    if (heading) sections.push({ heading: heading[1]!, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

/** The section under a heading. @throws {RangeError} If there is none; names those that there are. */
export function sectionOf(page: string, heading: string): Section {
  const sections = sectionsOf(page);
  const found = sections.find((section) => section.heading === heading);
  if (found) return found;
  throw new RangeError(
    `Cannot find section "${heading}": no such heading, expected one of ${
      sections.map((section) => `"${section.heading}"`).join(", ")
    }`,
  );
}

/** Texts of the code blocks of a language, in order; "" for blocks that name none. */
export function codeBlocks({ lines }: Pick<Section, "lines">, language: string): readonly string[] {
  const blocks: string[] = [];
  let open: { language: string; lines: string[] } | null = null;
  for (const line of lines) {
    if (!line.startsWith("```")) open?.lines.push(line);
    else if (open === null) open = { language: line.slice(3).trim(), lines: [] };
    else {
      if (open.language === language) blocks.push(open.lines.join("\n"));
      open = null;
    }
  }
  return blocks;
}

/** Rows of cells of the first table, its header first and the rule under it left out; empty if there is none. */
export function tableOf({ lines }: Section): readonly (readonly string[])[] {
  const start = lines.findIndex((line) => line.startsWith("|"));
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  const rows = lines.slice(start, end < 0 ? undefined : end);
  return rows.filter((_, i) => i !== 1).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}
