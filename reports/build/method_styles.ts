import type { ControlRole } from "../../lib/core/control_role.ts";
import type { Color, Style } from "../blocks.ts";

// Okabe and Ito's colour-blind-safe set, darkened where it would be faint on white, with lighter twins for dark pages.
const colors = {
  blue: { light: "#0067b0", dark: "#5cb3f7" },
  vermilion: { light: "#d55e00", dark: "#ff9248" },
  grey: { light: "#52565c", dark: "#c6cad0" },
  green: { light: "#00845f", dark: "#3ecfa3" },
  pink: { light: "#c2588f", dark: "#ee9fca" },
  ochre: { light: "#a87900", dark: "#f0c649" },
  violet: { light: "#6a4fb8", dark: "#b7a1f5" },
  sky: { light: "#2a9fd0", dark: "#8bdcf7" },
  brown: { light: "#8a4b22", dark: "#dba37c" },
  olive: { light: "#63751b", dark: "#bccb6a" },
  crimson: { light: "#a4133c", dark: "#ff8fa3" },
} as const satisfies Record<string, Color>;

/** Styles of the methods the project names; others take a free one by their name. */
const known: ReadonlyMap<string, Style> = new Map(Object.entries<Style>({
  fcdl: { color: colors.blue, marker: "circle", dash: [] },
  "fcdl-sparse": { color: colors.crimson, marker: "rectRot", dash: [] },
  ncd: { color: colors.vermilion, marker: "rect", dash: [] },
  oracle: { color: colors.grey, marker: "rectRot", dash: [6, 3] },
  cdl: { color: colors.green, marker: "triangle", dash: [] },
  grader: { color: colors.ochre, marker: "rectRot", dash: [] },
  mlp: { color: colors.pink, marker: "crossRot", dash: [] },
  modular: { color: colors.violet, marker: "star", dash: [] },
  gnn: { color: colors.sky, marker: "rect", dash: [6, 3] },
  nps: { color: colors.brown, marker: "triangle", dash: [6, 3] },
  "fcdl-kmeans": { color: colors.olive, marker: "circle", dash: [6, 3] },
  "fcdl-gumbel": { color: colors.brown, marker: "star", dash: [2, 3] },
}));

/** Controls are told apart by their points and dashes. */
const controlLooks: Readonly<Record<Exclude<ControlRole, "beside">, Omit<Style, "color">>> = {
  lower: { marker: "triangle", dash: [2, 3] },
  upper: { marker: "rect", dash: [10, 3] },
};
const besideLooks: readonly Omit<Style, "color">[] = [
  { marker: "star", dash: [8, 3, 2, 3] },
  { marker: "crossRot", dash: [4, 2, 1, 2] },
];

const palette = Object.values(colors);
const markers = ["circle", "rect", "triangle", "rectRot", "star", "crossRot"] as const;

/**
 * A style for each method: the same for a named method everywhere, and for any other a function of the set's names
 * only, so that every chart and page of a suite agrees. Controls are grey.
 *
 * @param controls Those of the methods that are controls, by name.
 */
export function methodStyles(
  all: readonly string[],
  controls: ReadonlyMap<string, ControlRole> = new Map(),
): ReadonlyMap<string, Style> {
  const styles = new Map<string, Style>();
  let beside = 0;
  for (const [name, role] of controls) {
    const look = role === "beside" ? besideLooks[beside++ % besideLooks.length]! : controlLooks[role];
    styles.set(name, { color: colors.grey, ...look });
  }
  const methods = all.filter((method) => !controls.has(method));
  const taken = new Set<Color>();
  for (const method of methods) {
    const style = known.get(method);
    if (!style) continue;
    styles.set(method, style);
    taken.add(style.color);
  }
  const others = [...new Set(methods)].filter((method) => !styles.has(method)).sort();
  for (const [index, method] of others.entries()) {
    const free = palette.filter((color) => !taken.has(color));
    const choices = free.length > 0 ? free : palette;
    const color = choices[free.length > 0 ? 0 : index % choices.length]!;
    taken.add(color);
    styles.set(method, { color, marker: markers[index % markers.length]!, dash: free.length > 0 ? [] : [5, 3] });
  }
  return styles;
}

/** Colours for things that are not methods (contexts, splits, losses), by position. */
export function plainStyle(index: number): Style {
  return { color: palette[index % palette.length]!, marker: markers[index % markers.length]!, dash: [] };
}

/** The quiet style of the paper's numbers. */
export const paperStyle: Style = { color: colors.grey, marker: "rectRot", dash: [] };
