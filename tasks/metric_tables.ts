// Writes the tables of docs/metrics.md from the catalogue of metrics.
import { fileURLToPath } from "node:url";
import { maxOf } from "../lib/core/extremes.ts";
import { metricCatalogue } from "../lib/metrics/catalogue.ts";
import type { MetricEntry, MetricText } from "../lib/metrics/metric_entry.ts";

/** The page that has the tables. */
export const metricsPage = fileURLToPath(new URL("../docs/metrics.md", import.meta.url));

/** The page with its tables as the catalogue says, between comments that name them. */
export function withMetricTables(page: string): string {
  return page.replace(
    /(<!-- metrics: (evaluation|training) -->\n).*?(<!-- end -->)/gs,
    (_, start: string, recorded: string, end: string) => `${start}\n${metricTable(recorded)}\n\n${end}`,
  );
}

function metricTable(recorded: string): string {
  const rows = Object.entries<MetricEntry>(metricCatalogue).filter(([, entry]) => entry.recorded === recorded)
    .flatMap(([name, entry]) => [
      // What has named qualifiers alone needs no line for the others.
      ...(entry.isNeverWhole && !entry.by ? [] : [rowOf(spellings(name, entry), entry)]),
      ...Object.entries(entry.named ?? {}).map(([qualifier, own]) => rowOf([`${name}/${qualifier}`], own)),
    ]);
  return markdownTable([["metric", "unit", "better", "meaning", "measured in"], ...rows]);
}

/** How files write a metric: the whole, and with what its qualifiers name. */
function spellings(name: string, { by, isNeverWhole }: MetricEntry): readonly string[] {
  const whole = isNeverWhole ? [] : [name];
  return by === undefined ? whole : [...whole, by === "steps" ? `${name}<steps>` : `${name}/<${by}>`];
}

function rowOf(names: readonly string[], { unit, better, meaning, measured }: MetricText): readonly string[] {
  return [names.map((name) => `\`${name}\``).join(", "), unit, better ?? "", meaning, `\`${measured}\``];
}

/** As `deno fmt` sets it. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => maxOf(rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(rows[0]!), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.slice(1).map(line)]
    .join("\n");
}

if (import.meta.main) {
  await Deno.writeTextFile(metricsPage, withMetricTables(await Deno.readTextFile(metricsPage)));
}
