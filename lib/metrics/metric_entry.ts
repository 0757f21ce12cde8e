/** How a metric's numbers are read. */
export interface MetricInfo {
  readonly label: string;
  /** Of stored numbers; `share` is from 0 to 1. */
  readonly unit: string;
  /** Axis title with the unit of shown numbers. */
  readonly axis: string;
  /** Shown number = stored number × scale. */
  readonly scale: number;
  readonly digits: number;
  readonly better: "higher" | "lower" | "neither";
  /** Bounds of an axis, in shown numbers. */
  readonly min: number | null;
  readonly max: number | null;
  /** Charts have a logarithmic axis: values differ by powers of ten. */
  readonly log: boolean;
}

/** What the qualifiers of a metric name. */
export type QualifierKind = "variable" | "context" | "steps" | "part";

/** Tables of an environment that list metrics, each in the catalogue's order. */
export type MetricTable = "graphs" | "codebook" | "prediction" | "variables" | "choice" | "cost";

/** What is said of a metric, or of one with a qualifier that has a meaning of its own. */
export type MetricText = Partial<MetricInfo> & Pick<MetricInfo, "label" | "unit" | "axis"> & {
  /** In a sentence without its end. */
  readonly meaning: string;
  /** The module below `lib/` that measures it. */
  readonly measured: string;
  /** The table that has it on a suite's page. */
  readonly table?: MetricTable;
  /** Whether a run's page draws it over training. */
  readonly isCharted?: true;
};

/** A metric. */
export type MetricEntry = MetricText & {
  readonly recorded: "evaluation" | "training";
  /** Recorded with these qualifiers, too. */
  readonly by?: QualifierKind;
  /** Only with qualifiers. */
  readonly isNeverWhole?: true;
  /** The table that has it with qualifiers; that of the whole when absent. */
  readonly qualifiedTable?: MetricTable;
  /** Qualifiers with a meaning of their own. */
  readonly named?: Readonly<Record<string, MetricText>>;
};
