/** What tells the settings of a run: its spec and the names of what it is a variant of. */
export interface SetRun {
  readonly environment: string;
  readonly method: string;
  readonly spec: unknown;
}

/** A part of a run's spec that has to be the same in all runs of a suite with which the run is compared. */
export interface SettingsPart {
  /** The same for runs that have to agree: the suite's, an environment's or a method's. */
  readonly key: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * The settings that a run shares: planner, training and evaluation with its suite, the environment and what is observed
 * of it with the runs on that environment, the method's options with the runs of that label. Runs that differ in these
 * would be averaged or compared as if they did not.
 */
export function settingsParts({ environment, method, spec }: SetRun): readonly SettingsPart[] {
  const field = (name: string) =>
    typeof spec === "object" && spec !== null && Object.hasOwn(spec, name)
      ? (spec as Readonly<Record<string, unknown>>)[name]
      : undefined;
  const some = (...names: string[]) => Object.fromEntries(names.map((name) => [name, field(name)]));
  return [
    { key: "suite", settings: some("planner", "training", "evaluation") },
    { key: `environment ${environment}`, settings: some("environment", "observation") },
    { key: `method ${method}`, settings: some("method") },
  ];
}
