/** One cell of a table: what is shown, and the number behind it. */
export interface Cell {
  /** Empty when the value is missing; never a made-up 0. */
  readonly text: string;
  /** The number a CSV file gets; absent for words. */
  readonly value?: number | null;
  /** A second, quieter line, such as the paper's number. */
  readonly sub?: string;
  /** True where this is the best of its column and the intervals separate. */
  readonly best?: boolean;
  readonly href?: string;
  /** Colour key of a method, as light and dark colours. */
  readonly swatch?: Color;
  /** Draws the cell as a status badge. */
  readonly status?: string;
  /** Share in [0, 1], drawn as a progress bar beside the text. */
  readonly progress?: number;
}

/** A column of a table. */
export interface Column {
  readonly label: string;
  /** Columns that follow each other with the same group share a heading. */
  readonly group?: string;
  readonly numeric?: boolean;
  /** Holds sentences, whose lines break. */
  readonly prose?: boolean;
}

/** Rows and columns; the first column names the row. */
export interface TableBlock {
  readonly kind: "table";
  readonly id: string;
  readonly title: string;
  /** What the numbers are, in one or two sentences. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Long tables start closed. */
  readonly collapsed?: boolean;
}

/** A colour on white and on a dark page. */
export interface Color {
  readonly light: string;
  readonly dark: string;
}

/** Point shapes, so that methods differ without colour too. */
export type Marker = "circle" | "rect" | "triangle" | "rectRot" | "star" | "crossRot";

/** What a method looks like in every chart. */
export interface Style {
  readonly color: Color;
  readonly marker: Marker;
  /** On-off lengths in pixels; empty for a full line. */
  readonly dash: readonly number[];
}

/** A value and its interval; `low` and `high` are null where there is none. */
export interface RangePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** One line of a line chart. */
export interface LineSeries {
  readonly name: string;
  readonly style: Style;
  readonly points: readonly RangePoint[];
  /** Thin lines, one a seed. */
  readonly seeds: readonly (readonly { readonly x: number; readonly y: number }[])[];
}

/** Lines over a numeric axis, each with a band. */
export interface LineChart {
  readonly kind: "line";
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly LineSeries[];
  /** Bounds of the vertical axis; null fits the data. */
  readonly yMin: number | null;
  readonly yMax: number | null;
  /** A logarithmic vertical axis, which no bound but the data's own concerns. */
  readonly yLog?: boolean;
  /** Names stand in a legend above instead of at the ends of the lines, for lines that end in one point. */
  readonly legendAbove?: boolean;
  /** The horizontal axis counts: it begins at the first point and has whole ticks only. */
  readonly wholeX?: boolean;
}

/** One method of a point-range or bar chart: a value a category, null where missing. */
export interface CategorySeries {
  readonly name: string;
  readonly style: Style;
  /** Open markers, for numbers that are not ours. */
  readonly hollow?: boolean;
  /** A colour a category instead of the series' own. */
  readonly colors?: readonly Color[];
  readonly values:
    readonly ({ readonly y: number; readonly low: number | null; readonly high: number | null } | null)[];
}

/** Values of methods in categories, as points with intervals or as bars. */
export interface CategoryChart {
  readonly kind: "range" | "bar";
  readonly xTitle: string;
  readonly yTitle: string;
  readonly categories: readonly string[];
  readonly series: readonly CategorySeries[];
  readonly yMin: number | null;
  readonly yMax: number | null;
  /** A logarithmic vertical axis, which no bound but the data's own concerns. */
  readonly yLog?: boolean;
}

/** A chart as data; a page shows it as an image, a CSV file as numbers. */
export interface ChartBlock {
  readonly kind: "chart";
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What someone who cannot see the image should know. */
  readonly alt: string;
  readonly chart: LineChart | CategoryChart;
  /** Half-width charts stand side by side on wide pages. */
  readonly half?: boolean;
}

/** One adjacency picture. */
export interface GraphPicture {
  readonly caption: string;
  /** Edge probabilities [N][N + M] in [0, 1]; row = next-state variable. */
  readonly probabilities: readonly (readonly number[])[];
  /** Mean true graph [N][N + M]; null when unknown. Entries above 0.5 get a mark. */
  readonly truth: readonly (readonly number[])[] | null;
}

/** Adjacency pictures that share their variables. */
export interface GraphBlock {
  readonly kind: "graphs";
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly pictures: readonly GraphPicture[];
}

/** A sentence or a list of sentences a reader should not miss. */
export interface NoteBlock {
  readonly kind: "note";
  readonly id: string;
  readonly tone: "info" | "warning" | "error";
  readonly title: string;
  readonly lines: readonly string[];
}

/** Episodes that can be played; the poses themselves are in a file that the page loads. */
export interface ReplayBlock {
  readonly kind: "replay";
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** What tells the episodes apart. */
  readonly episodes: readonly string[];
  /** Changes with the content. */
  readonly version: string;
}

/** A piece of a report. */
export type Block = TableBlock | ChartBlock | GraphBlock | NoteBlock | ReplayBlock;

/** Blocks under one heading. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The chart with an id among `sections`, or null. */
export function findChart(sections: readonly Section[], id: string): ChartBlock | null {
  for (const section of sections) {
    for (const block of section.blocks) if (block.kind === "chart" && block.id === id) return block;
  }
  return null;
}

/** The table with an id among `sections`, or null. */
export function findTable(sections: readonly Section[], id: string): TableBlock | null {
  for (const section of sections) {
    for (const block of section.blocks) if (block.kind === "table" && block.id === id) return block;
  }
  return null;
}

/** The graphs with an id among `sections`, or null. */
export function findGraphs(sections: readonly Section[], id: string): GraphBlock | null {
  for (const section of sections) {
    for (const block of section.blocks) if (block.kind === "graphs" && block.id === id) return block;
  }
  return null;
}
