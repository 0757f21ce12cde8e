import { maxOf } from "../../lib/core/extremes.ts";
import type { Cell, ChartBlock, LineSeries, NoteBlock, Section, TableBlock } from "../blocks.ts";
import { methodStyles, plainStyle } from "./method_styles.ts";
import {
  isBaseCase,
  perfBase,
  type PerfCase,
  type PerfMeasurement,
  perfMeasurements,
} from "../../lib/records/perf_records.ts";
import type { PerfRecord } from "../../lib/records/perf_records.ts";
import { methodLabel } from "../read/results.ts";
import { speedStepNote, speedSteps } from "./speed_steps.ts";

/**
 * What `deno task perf` measured as blocks, none where there is nothing: the latest measurement, where the time goes, scaling, and speed over time.
 */
export function buildPerf(records: readonly PerfRecord[]): readonly Section[] {
  const all = perfMeasurements(records).filter(({ of }) => of.method !== "");
  if (all.length === 0) return [];
  const times = [...new Set(all.map(({ of }) => of.time))].sort();
  const last = all.filter(({ of }) => of.time === times.at(-1));
  // The last measurement may have been of one size only.
  const sizesAt = times.findLast((time) => all.some(({ of }) => of.time === time && !isBaseCase(of)));
  const withSizes = all.filter(({ of }) => of.time === sizesAt);
  const latest = {
    id: "latest",
    title: "Latest measurement",
    blocks: [latestTable(last), ...machineNote(records, last)],
  };
  const parts = {
    id: "parts",
    title: "Where the time goes",
    blocks: [...partsTable(last), ...productsTable(last), ...kernelCharts(last)],
  };
  const scaling = { id: "scaling", title: "Scaling", blocks: scalingCharts(withSizes) };
  const history = {
    id: "history",
    title: "Over time",
    blocks: [...stepNotes(all), ...historyCharts(all, times), historyTable(all, times)],
  };
  return [latest, parts, scaling, history].filter((section: Section) => section.blocks.length > 0);
}

function stepNotes(all: readonly PerfMeasurement[]): readonly NoteBlock[] {
  const note = speedStepNote(speedSteps(all));
  return note === null ? [] : [note];
}

/** Speed of one case, with three digits that count. */
function numberCell(value: number | null | undefined): Cell {
  if (value === null || value === undefined) return { text: "", value: null };
  return { text: value >= 100 ? value.toFixed(0) : value.toPrecision(3), value };
}

/** A time, and how many fit into a second. */
function rateCell(ms: number | null | undefined, perSecond: number | null | undefined): Cell {
  const cell = numberCell(ms);
  return perSecond ? { ...cell, sub: `${numberCell(perSecond).text}/s` } : cell;
}

function percentCell(value: number | null | undefined): Cell {
  return value === null || value === undefined
    ? { text: "", value: null }
    : { text: `${Math.round(100 * value)} %`, value };
}

function libraryOf({ blas }: PerfCase): string {
  return blas === "" ? "own kernel" : blas.replace(/ \(.*\)$/, "");
}

function latestTable(last: readonly PerfMeasurement[]): TableBlock {
  const styles = methodStyles(last.map(({ of }) => of.method));
  const speeds = [
    ["update_ms", "updates_per_s", "Update, ms"],
    ["plan_ms", "plans_per_s", "Plan, ms"],
    ["loop_ms", "loops_per_s", "Loop, ms"],
  ] as const;
  return {
    kind: "table",
    id: "perf-latest",
    title: "Speed by method and size",
    caption:
      "Medians; under them how many a second. A plan chooses actions for 10 environments; a loop is a plan, a step of each environment and an " +
      "update. Share of peak: matrix products of an update per second of the whole update, over the fastest product " +
      "measured on the same engine just before. Trained: updates made before the measurement. Known pairs: share of a " +
      "plan's (state, action) pairs that needed no prediction; known variables: share of single variables' predictions " +
      "that the mask let the model take from an earlier one.",
    columns: [
      { label: "Method" },
      { label: "Matrix products" },
      ...["N", "K", "B", "Trained"].map((label) => ({ label, numeric: true })),
      ...speeds.map(([, , label]) => ({ label, numeric: true })),
      { label: "Share of peak", numeric: true },
      { label: "Known pairs", numeric: true },
      { label: "Known variables", numeric: true },
    ],
    rows: last.map(({ of, numbers }): readonly Cell[] => [
      { text: methodLabel(of.method), swatch: styles.get(of.method)!.color },
      { text: libraryOf(of) },
      { text: String(of.variables), value: of.variables },
      of.codes === 0 ? { text: "" } : { text: String(of.codes), value: of.codes },
      { text: String(of.batch), value: of.batch },
      of.trained === 0 ? { text: "" } : { text: String(of.trained), value: of.trained },
      ...speeds.map(([ms, perSecond]) => rateCell(numbers.get(ms), numbers.get(perSecond))),
      percentCell(numbers.get("peak_share")),
      percentCell(numbers.get("plan_hit_rate")),
      percentCell(numbers.get("plan_variable_hit_rate")),
    ]),
  };
}

function machineNote(records: readonly PerfRecord[], last: readonly PerfMeasurement[]): readonly NoteBlock[] {
  const of = last[0]?.of;
  if (!of) return [];
  const peaks = records.filter((record) => record.time === of.time && record.name === "peak_gflops");
  return [{
    kind: "note",
    id: "perf-machine",
    tone: "info",
    title: "Measured with",
    lines: [
      `${of.machine}; Deno ${of.deno}, backend ${of.backend}, code ${of.code}, ${
        of.time.slice(0, 16).replace("T", " ")
      }.`,
      ...peaks.map((peak) =>
        `Fastest matrix product, ${libraryOf(peak)}: ${peak.value?.toFixed(0)} GFLOP/s on one core.`
      ),
    ],
  }];
}

/** The paper's size, each method with each library. */
function baseCases(measurements: readonly PerfMeasurement[]): readonly PerfMeasurement[] {
  return measurements.filter(({ of }) => isBaseCase(of));
}

function nameOf({ of }: PerfMeasurement): string {
  return `${methodLabel(of.method)}, ${libraryOf(of)}`;
}

const partNames = ["plan", "environment", "sample", "update", "read"] as const;

function partsTable(last: readonly PerfMeasurement[]): readonly TableBlock[] {
  const cases = baseCases(last);
  if (cases.length === 0) return [];
  const styles = methodStyles(last.map(({ of }) => of.method));
  return [{
    kind: "table",
    id: "perf-parts",
    title: "One loop by part, ms",
    caption:
      `At N = ${perfBase.variables}, B = ${perfBase.batch}. Plan: choose actions; environment: step it; sample: ` +
      "draw windows; update: encode, forward, backward and optimiser; read: losses, once in 100 updates.",
    columns: [
      { label: "Method" },
      { label: "Matrix products" },
      ...[...partNames, "whole loop"].map((label) => ({ label, numeric: true })),
    ],
    rows: cases.map(({ of, numbers, parts }): readonly Cell[] => [
      { text: methodLabel(of.method), swatch: styles.get(of.method)!.color },
      { text: libraryOf(of) },
      ...partNames.map((part) => partCell(parts.get("part_ms")?.get(part), numbers.get("loop_ms"))),
      numberCell(numbers.get("loop_ms")),
    ]),
  }];
}

/** How fast an update's matrix products run. */
function productsTable(last: readonly PerfMeasurement[]): readonly TableBlock[] {
  const cases = baseCases(last).filter(({ numbers }) => numbers.has("large_products_gflops"));
  if (cases.length === 0) return [];
  const styles = methodStyles(last.map(({ of }) => of.method));
  return [{
    kind: "table",
    id: "perf-products",
    title: "Matrix products of one update",
    caption: "Each product timed by itself. Large: a million multiply-adds and more. Share of peak: over the fastest " +
      "product measured on the same engine just before.",
    columns: [
      { label: "Method" },
      { label: "Matrix products" },
      ...["All", "ms"].map((label) => ({ label, numeric: true })),
      ...["Large", "Large, ms", "Large, GFLOP/s", "Large, share of peak"].map((label) => ({ label, numeric: true })),
    ],
    rows: cases.map(({ of, numbers }): readonly Cell[] => [
      { text: methodLabel(of.method), swatch: styles.get(of.method)!.color },
      { text: libraryOf(of) },
      countCell(numbers.get("products")),
      partCell(numbers.get("products_ms"), numbers.get("update_ms")),
      countCell(numbers.get("large_products")),
      partCell(numbers.get("large_products_ms"), numbers.get("update_ms")),
      numberCell(numbers.get("large_products_gflops")),
      percentCell(numbers.get("large_products_peak_share")),
    ]),
  }];
}

function countCell(value: number | null | undefined): Cell {
  return value === null || value === undefined ? { text: "", value: null } : { text: value.toFixed(0), value };
}

/** A part's time and its share of the whole. */
function partCell(ms: number | null | undefined, wholeMs: number | null | undefined): Cell {
  const cell = numberCell(ms);
  if (!ms || !wholeMs) return cell;
  const percent = 100 * ms / wholeMs;
  return { ...cell, sub: percent < 0.1 ? "below 0.1 %" : `${percent.toFixed(percent < 10 ? 1 : 0)} %` };
}

/** Kernels that a chart shows by name. */
const TOP = 6;

function kernelCharts(last: readonly PerfMeasurement[]): readonly ChartBlock[] {
  const methods = [...new Set(baseCases(last).map(({ of }) => of.method))];
  return methods.flatMap((method): ChartBlock[] => {
    const cases = baseCases(last).filter(({ of }) => of.method === method);
    const ms = ({ parts }: PerfMeasurement, kernel: string) => parts.get("kernel_ms")?.get(kernel) ?? 0;
    const kernels = [
      ...new Set(cases.flatMap(({ parts }) => [...parts.get("kernel_ms")?.keys() ?? []])),
    ];
    if (kernels.length === 0) return [];
    const cost = (kernel: string) => maxOf(cases.map((each) => ms(each, kernel)));
    kernels.sort((a, b) => cost(b) - cost(a));
    const shown = kernels.slice(0, TOP);
    const rest = kernels.slice(TOP);
    const others = (each: PerfMeasurement) =>
      rest.length === 0 ? [] : [rest.reduce((sum, kernel) => sum + ms(each, kernel), 0)];
    const values = (each: PerfMeasurement) => [...shown.map((kernel) => ms(each, kernel)), ...others(each)];
    return [{
      kind: "chart",
      id: `perf-kernels-${method}`,
      title: `One update of ${methodLabel(method)} by kernel`,
      caption: rest.length === 0
        ? "Milliseconds in each kernel."
        : `Milliseconds in the costliest kernels; the last bars are ${counted(rest.length)}.`,
      alt: cases.map((each) =>
        `${nameOf(each)}: ${
          shown.map((kernel) => `${kernel} ${numberCell(ms(each, kernel)).text} ms`).join(", ")
        }`
      ).join("; ") + ".",
      half: true,
      chart: {
        kind: "bar",
        xTitle: "",
        yTitle: "ms an update",
        categories: [...shown.map(shortKernel), ...(rest.length === 0 ? [] : ["others"])],
        series: cases.map((each, index) => ({
          name: libraryOf(each.of),
          style: plainStyle(index),
          values: values(each).map(point),
        })),
        yMin: 0,
        yMax: null,
      },
    }];
  });
}

function counted(others: number): string {
  return others === 1 ? "one other" : `${others} others`;
}

/** A kernel's name that fits under a bar. */
function shortKernel(name: string): string {
  return name.replace("Gradient", "Grad").replace("StackedLinear", "Linear").replace("BlockTable", "Table")
    .replace("Likelihood", "Lik.").replace("SoftmaxSample", "").replace("SigmoidSample", "Sigmoid");
}

function point(y: number | null) {
  return y === null ? null : { y, low: null, high: null };
}

const axes = [
  { key: "variables", title: "variables (N)" },
  { key: "codes", title: "codes (K)" },
  { key: "batch", title: "windows an update (B)" },
  { key: "trained", title: "updates of training before" },
] as const;

function scalingCharts(last: readonly PerfMeasurement[]): readonly ChartBlock[] {
  return axes.flatMap(({ key, title }) =>
    (["update_ms", "plan_ms"] as const).flatMap((metric): ChartBlock[] => {
      // Codes do not change what a method without them costs, nor a batch what a plan costs.
      if (key === "batch" && metric === "plan_ms") return [];
      const series = scalingSeries(last, { key, metric });
      if (series.length === 0) return [];
      const what = metric === "update_ms" ? "Update" : "Plan";
      return [{
        kind: "chart",
        id: `perf-${key}-${metric.replace("_ms", "")}`,
        title: `${what} by ${title}`,
        caption: "Milliseconds, median; the other sizes are the paper's.",
        alt: series.map(({ name, points }) =>
          `${name}: ${points.map(({ x, y }) => `${numberCell(y).text} ms at ${x}`).join(", ")}`
        ).join("; ") + ".",
        half: true,
        chart: { kind: "line", xTitle: title, yTitle: "ms", series, yMin: 0, yMax: null },
      }];
    })
  );
}

function scalingSeries(
  last: readonly PerfMeasurement[],
  { key, metric }: { readonly key: typeof axes[number]["key"]; readonly metric: string },
): readonly LineSeries[] {
  const base: Readonly<Record<typeof key, number>> = { ...perfBase, codes: 0, trained: 0 };
  const alongKey = last.filter(({ of }) =>
    axes.every((axis) => axis.key === key ? key === "trained" || of[key] > 0 : of[axis.key] === base[axis.key])
  );
  const styles = methodStyles(last.map(({ of }) => of.method));
  return [...Map.groupBy(alongKey, ({ of }) => `${of.method}\n${of.blas}`).values()].flatMap((group): LineSeries[] => {
    const points = group.flatMap(({ of, numbers }) => {
      const y = numbers.get(metric) ?? null;
      return y === null ? [] : [{ x: of[key], y, low: null, high: null }];
    }).sort((a, b) => a.x - b.x);
    if (points.length < 2) return [];
    const { of } = group[0]!;
    return [{ name: methodLabel(of.method), style: styles.get(of.method)!, points, seeds: [] }];
  });
}

function historyCharts(all: readonly PerfMeasurement[], times: readonly string[]): readonly ChartBlock[] {
  // Speeds of different machines and backends do not belong on one line.
  const { machine, backend } = all.find(({ of }) => of.time === times.at(-1))!.of;
  const comparable = all.filter(({ of }) => of.machine === machine && of.backend === backend);
  if (new Set(baseCases(comparable).map(({ of }) => of.time)).size < 2) return [];
  return [["updates_per_s", "Updates a second"], ["plans_per_s", "Plans a second"]].map(
    ([metric, title]): ChartBlock => {
      const groups = [...Map.groupBy(baseCases(comparable), (each) => nameOf(each))];
      const series = groups.map(([name, group], index): LineSeries => ({
        name,
        style: plainStyle(index),
        points: group.flatMap(({ of, numbers }) => {
          const y = numbers.get(metric!) ?? null;
          return y === null ? [] : [{ x: times.indexOf(of.time) + 1, y, low: null, high: null }];
        }),
        seeds: [],
      }));
      return {
        kind: "chart",
        id: `perf-history-${metric!.split("_")[0]}`,
        title: title!,
        caption:
          `By measurement, at N = ${perfBase.variables}, B = ${perfBase.batch}; the table below says which is which.`,
        alt:
          series.map(({ name, points }) =>
            `${name}: ${points.map(({ x, y }) => `${numberCell(y).text} in measurement ${x}`).join(", ")}`
          ).join("; ") + ".",
        half: true,
        chart: {
          kind: "line",
          xTitle: "measurement",
          yTitle: title!.toLowerCase(),
          series,
          yMin: 0,
          yMax: null,
          legendAbove: true,
          wholeX: true,
        },
      };
    },
  );
}

function historyTable(all: readonly PerfMeasurement[], times: readonly string[]): TableBlock {
  return {
    kind: "table",
    id: "perf-history",
    title: "Measurements",
    caption: "Speeds of different machines do not compare; those of one machine only where nothing else ran on it.",
    columns: [
      { label: "Measurement" },
      ...["Time (UTC)", "Code", "Machine", "Deno", "Backend"].map((label) => ({ label })),
      { label: "Cases", numeric: true },
    ],
    rows: times.map((time, index): readonly Cell[] => {
      const cases = all.filter(({ of }) => of.time === time);
      const { of } = cases[0]!;
      return [
        { text: String(index + 1), value: index + 1 },
        ...[time.slice(0, 16).replace("T", " "), of.code, of.machine, of.deno, of.backend].map((text) => ({ text })),
        { text: String(cases.length), value: cases.length },
      ];
    }).reverse(),
  };
}
