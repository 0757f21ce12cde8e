import type { CheckRow } from "./check_row.ts";

/** Columns of the CSV file, in order. */
export const checkColumns = ["section", "engine", "item", "seeds", "metric", "value", "unit", "note"] as const;

/**
 * The report as Markdown: a table a section; times of speed side by side for each method and number of runs.
 *
 * @param facts Lines above the tables.
 */
export function reportText(rows: readonly CheckRow[], facts: readonly string[]): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  return [
    "# GPU check",
    "",
    ...facts.map((fact) => `- ${fact}`),
    ...sections.flatMap((section) => {
      const of = rows.filter((each) => each.section === section);
      return ["", `## ${titleOf(section)}`, "", ...(section === "speed" ? speedTable(of) : plainTable(of))];
    }),
    "",
  ].join("\n");
}

function titleOf(section: string): string {
  return section.slice(0, 1).toUpperCase() + section.slice(1);
}

function plainTable(rows: readonly CheckRow[]): readonly string[] {
  return table(
    ["what", "backend", "", "value", "note"],
    rows.map(({ item, engine, metric, value, unit, note }) => [item, engine, metric, textOf(value, unit), note]),
  );
}

/** One line for each method and number of runs. */
function speedTable(rows: readonly CheckRow[]): readonly string[] {
  const metrics = ["update_ms", "plan_ms", "loops_per_s", "memory_mib", "card_memory_mib"]
    .filter((metric) => rows.some((each) => each.metric === metric));
  const titles: Readonly<Record<string, string>> = {
    update_ms: "update, ms",
    plan_ms: "plan, ms",
    loops_per_s: "loops/s of all",
    memory_mib: "MiB each",
    card_memory_mib: "MiB on the card",
  };
  const lines = new Map<string, CheckRow[]>();
  for (const each of rows) {
    const key = [each.item, each.engine, each.seeds].join();
    lines.set(key, [...lines.get(key) ?? [], each]);
  }
  const all = [...lines.values()];
  const isMeasured = (of: readonly CheckRow[]) => of.some(({ value }) => value !== null);
  const left = all.filter((of) => !isMeasured(of)).map(([first]) => ({
    what: `${first!.item} ${first!.seeds}`,
    why: `${first!.engine}: ${first!.note}`,
  }));
  const reasons = [...new Set(left.map(({ why }) => why))];
  const measured = table(
    ["method", "backend", "runs at once", ...metrics.map((metric) => titles[metric]!)],
    all.filter(isMeasured).map((of) => [
      of[0]!.item,
      of[0]!.engine,
      String(of[0]!.seeds ?? ""),
      ...metrics.map((metric) => textOf(of.find((each) => each.metric === metric)?.value ?? null, "")),
    ]),
  );
  return [
    ...measured,
    ...reasons.flatMap((
      why,
    ) => ["", `- ${why} (${left.filter((each) => each.why === why).map(({ what }) => what).join(", ")})`]),
  ];
}

function textOf(value: CheckRow["value"], unit: string): string {
  if (value === null) return "";
  const text = typeof value === "number" ? shortNumber(value) : value;
  return unit === "" ? text : `${text} ${unit}`;
}

function shortNumber(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...body.map(line)];
}
