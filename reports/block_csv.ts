import { stringify } from "csv-stringify/sync";
import type { ChartBlock, TableBlock } from "./blocks.ts";

/** A table or a chart's numbers as CSV; missing values are empty cells. */
export function blockCsv(block: TableBlock | ChartBlock): string {
  return stringify(block.kind === "table" ? tableRows(block) : chartRows(block));
}

function tableRows(block: TableBlock): (string | number)[][] {
  const header = block.columns.map((column) => column.group ? `${column.group}, ${column.label}` : column.label);
  return [header, ...block.rows.map((row) => row.map((cell) => cell.text))];
}

function chartRows({ chart }: ChartBlock): (string | number | null)[][] {
  if (chart.kind === "line") {
    return [
      ["series", chart.xTitle || "x", chart.yTitle, "low", "high"],
      ...chart.series.flatMap((series) =>
        series.points.map((point) => [series.name, point.x, point.y, point.low, point.high])
      ),
    ];
  }
  return [
    ["series", chart.xTitle || "category", chart.yTitle, "low", "high"],
    ...chart.series.flatMap((series) =>
      series.values.map((value, index) => [
        series.name,
        chart.categories[index] ?? "",
        value?.y ?? null,
        value?.low ?? null,
        value?.high ?? null,
      ])
    ),
  ];
}
