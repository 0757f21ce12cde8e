import { maxOf, minOf } from "../../lib/core/extremes.ts";
import type { CategoryChart, LineChart } from "../blocks.ts";

/** What a logarithmic axis shows of a chart, and where the axis begins and ends. */
export interface LogChart<Chart> {
  readonly chart: Chart;
  readonly min: number;
  readonly max: number;
  /** Whether a point's value is not positive. */
  readonly hasZeros: boolean;
}

/** Room between the axis' ends and the data, as a factor. */
const ROOM = 1.6;

/**
 * Makes a chart fit for a logarithmic axis. A value that is not positive has no place on it: it becomes NaN, where lines
 * break, and is marked at the axis. Intervals that reach zero or below end at the axis.
 *
 * @returns Null where no value is positive.
 */
export function onLogAxis<Chart extends LineChart | CategoryChart>(chart: Chart): LogChart<Chart> | null {
  const numbers = numbersOf(chart);
  const values = numbers.filter((value) => value > 0);
  if (values.length === 0) return null;
  const min = minOf(values) / ROOM;
  let hasZeros = false;
  const placed = (y: number) => {
    if (y > 0) return y;
    hasZeros = true;
    return NaN;
  };
  const clipped = <Range extends { readonly y: number; readonly low: number | null; readonly high: number | null }>(
    range: Range,
  ): Range => ({
    ...range,
    y: placed(range.y),
    low: range.low === null || range.y <= 0 ? null : Math.max(range.low, min),
    high: range.y <= 0 ? null : range.high,
  });
  const series = chart.kind === "line"
    ? chart.series.map((line) => ({
      ...line,
      points: line.points.map(clipped),
      seeds: line.seeds.map((seed) => seed.map(({ x, y }) => ({ x, y: y > 0 ? y : NaN }))),
    }))
    : chart.series.map((each) => ({ ...each, values: each.values.map((value) => value && clipped(value)) }));
  return { chart: { ...chart, series } as Chart, min, max: maxOf(values) * ROOM, hasZeros };
}

function numbersOf(chart: LineChart | CategoryChart): readonly number[] {
  const ranges = chart.kind === "line"
    ? chart.series.flatMap(({ points, seeds }) => [...points, ...seeds.flat().map(({ y }) => ({ y, low: y, high: y }))])
    : chart.series.flatMap(({ values }) => values.filter((value) => value !== null));
  return ranges.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
}

/** Ticks of a logarithmic axis from `min` to `max`: powers of ten, with 2 and 5 times those where there are few. */
export function logTicks({ min, max }: { readonly min: number; readonly max: number }): readonly number[] {
  const digits = max / min < 200 ? [1, 2, 5] : [1];
  const [low, high] = [min, max].map((end) => Math.floor(Math.log10(end)));
  return Array.from({ length: high! - low! + 1 }, (_, k) => digits.map((digit) => Number(`${digit}e${low! + k}`)))
    .flat().filter((tick) => tick >= min && tick <= max);
}
