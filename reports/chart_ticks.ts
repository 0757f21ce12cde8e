/** A short tick label: 150000 is "150k", with a true minus sign. */
export function formatTick(value: number | string): string {
  const number = Number(value);
  const size = Math.abs(number);
  const [divisor, unit] = size >= 1e6 ? [1e6, "M"] as const : size >= 1e4 ? [1e3, "k"] as const : [1, ""] as const;
  const text = (number / divisor).toLocaleString("en-US", { maximumFractionDigits: 4, useGrouping: false });
  return text.replace("-", "\u2212") + unit;
}
