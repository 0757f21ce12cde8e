/** A short tick label: 150000 is "150k", 0.00002 is "2e-5", with a true minus sign. */
export function formatTick(value: number | string): string {
  const number = Number(value);
  const size = Math.abs(number);
  if (size > 0 && size < 1e-4) return number.toExponential(0).replaceAll("-", "\u2212");
  const [divisor, unit] = size >= 1e6 ? [1e6, "M"] as const : size >= 1e4 ? [1e3, "k"] as const : [1, ""] as const;
  const text = (number / divisor).toLocaleString("en-US", { maximumFractionDigits: 4, useGrouping: false });
  return text.replace("-", "\u2212") + unit;
}
