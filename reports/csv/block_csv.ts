import type { CategoryChart, ChartBlock, LineChart, TableBlock } from "../blocks.ts";
import { type Cell, csvText } from "../../lib/core/csv_format.ts";

/** A table or a chart's numbers as CSV; missing values are empty cells. */
export function blockCsv(block: TableBlock | ChartBlock): string {
  if (block.kind === "chart") return csvText(chartTable(block.chart));
  return csvText({
    columns: block.columns.map(({ group, label }) => group ? `${group}, ${label}` : label),
    records: block.rows.map((row) => row.map(({ text }) => text)),
  });
}

function chartTable(chart: LineChart | CategoryChart): { columns: readonly string[]; records: readonly Cell[][] } {
  if (chart.kind === "line") {
    return {
      columns: ["series", chart.xTitle || "x", chart.yTitle, "low", "high"],
      records: chart.series.flatMap((series) =>
        series.points.map((point) => [series.name, point.x, point.y, point.low, point.high])
      ),
    };
  }
  return {
    columns: ["series", chart.xTitle || "category", chart.yTitle, "low", "high"],
    records: chart.series.flatMap((series) =>
      series.values.map((value, index) => [
        series.name,
        chart.categories[index] ?? "",
        value?.y ?? null,
        value?.low ?? null,
        value?.high ?? null,
      ])
    ),
  };
}
