import { unknownName } from "../core/errors.ts";
import { parseWith } from "../core/parse.ts";
import { environments } from "../envs/registry.ts";
import { methods as methodRegistry } from "../model/registry.ts";
import { type RunSpec, runSpecSchema } from "./run_spec.ts";
import { specHash } from "./spec_hash.ts";
import { seedsOf, type Suite } from "./suite.ts";

/** A run of a suite: its spec, its identity and the names that tables show. */
export interface PlannedRun {
  /** Hash of the spec. */
  readonly id: string;
  readonly suite: string;
  /** The environment's task, such as `chemical-fork`, with the variant's label, such as `chemical-fork-hidden-20`. */
  readonly environment: string;
  /** The method's label, or its id where the suite gives none. */
  readonly method: string;
  readonly seed: number;
  readonly spec: RunSpec;
}

/** What of a suite to run; absent fields leave the suite as it is. */
export interface SuiteSelection {
  /** Methods by label or id. */
  readonly methods?: readonly string[];
  /** Instead of the suite's seeds. */
  readonly seeds?: readonly number[];
  /**
   * Loops with updates, instead of the suite's `training.loops`. The runs belong to a suite of their own,
   * `<name>-<steps>-steps`, so that shortened runs are never averaged with full ones.
   */
  readonly steps?: number;
}

/**
 * The runs of a suite, seed by seed, so that an unfinished suite can already be compared. Options of environments and
 * methods are checked and their defaults filled, so that a spec says all that its run depends on.
 *
 * @throws {RangeError} If a name is unknown, an option is not allowed, or two entries could not be told apart.
 */
export async function expandSuite(suite: Suite, selection: SuiteSelection = {}): Promise<readonly PlannedRun[]> {
  const name = selection.steps === undefined ? suite.name : `${suite.name}-${selection.steps}-steps`;
  const training = { ...suite.training, loops: selection.steps ?? suite.training.loops };
  const tasks = variantsOf(suite, await environmentsOf(suite));
  const chosen = chooseMethods(await methodsOf(suite), selection.methods);
  const runs: PlannedRun[] = [];
  for (const seed of selection.seeds ?? seedsOf(suite)) {
    for (const environment of tasks) {
      for (const method of chosen) {
        const value = {
          suite: name,
          environment: environment.options,
          method: method.options,
          planner: suite.planner,
          training,
          evaluation: suite.evaluation,
          ...environment.variant,
          seed,
        };
        const spec = parseWith(runSpecSchema, value, `run of suite ${name}`);
        runs.push({
          id: specHash(spec),
          suite: name,
          environment: environment.name,
          method: method.name,
          seed,
          spec,
        });
      }
    }
  }
  return runs;
}

interface Named {
  readonly name: string;
  readonly options: { readonly id: string } & Record<string, unknown>;
}

async function environmentsOf(suite: Suite): Promise<readonly Named[]> {
  const named: Named[] = [];
  for (const [i, { id, ...given }] of suite.environments.entries()) {
    const entry = environments.find((environment) => environment.id === id);
    if (!entry) throw unknownName("environment", { name: id, choices: environments.map((known) => known.id) });
    const module = await entry.load();
    const options = at(`environments.${i}`, { suite, parse: () => module.parseOptions(given) });
    named.push({ name: module.taskName(options), options: { ...options, id } });
  }
  refuseTwins(named, { suite, pathOf: (i) => `environments.${i}`, hint: "different tasks" });
  return named;
}

/** Each environment under each of the suite's variants. */
function variantsOf(
  suite: Suite,
  named: readonly Named[],
): readonly (Named & { readonly variant: Pick<RunSpec, "observation"> })[] {
  const all = named.flatMap((environment) =>
    suite.variants.map(({ label, observation }) => ({
      ...environment,
      name: label === undefined ? environment.name : `${environment.name}-${label}`,
      variant: observation === undefined ? {} : { observation },
    }))
  );
  const pathOf = (i: number) => `variants.${i % suite.variants.length}`;
  refuseTwins(all, { suite, pathOf, hint: "a label of its own for each variant" });
  return all;
}

async function methodsOf(suite: Suite): Promise<readonly Named[]> {
  const named: Named[] = [];
  for (const [i, { id, label, ...given }] of suite.methods.entries()) {
    const entry = methodRegistry.find((method) => method.id === id);
    if (!entry) throw unknownName("method", { name: id, choices: methodRegistry.map((known) => known.id) });
    const module = await entry.load();
    const options = at(`methods.${i}`, { suite, parse: () => module.parseOptions(given) });
    named.push({ name: label ?? id, options: { ...options, id, ...(label === undefined ? {} : { label }) } });
  }
  refuseTwins(named, { suite, pathOf: (i) => `methods.${i}`, hint: "a label of its own for each variant" });
  return named;
}

/** Puts the suite's name and the entry's path into an error about options. */
function at<Options>(
  path: string,
  { suite, parse }: { readonly suite: Suite; readonly parse: () => Options },
): Options {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new RangeError(`Cannot use ${path} of suite ${suite.name}: ${error.message}`, { cause: error });
  }
}

function refuseTwins(
  named: readonly Named[],
  { suite, pathOf, hint }: {
    readonly suite: Suite;
    readonly pathOf: (index: number) => string;
    readonly hint: string;
  },
): void {
  for (const [i, { name }] of named.entries()) {
    if (named.findIndex((other) => other.name === name) < i) {
      throw new RangeError(
        `Cannot use ${
          pathOf(i)
        } of suite ${suite.name}: results of two entries would be mixed, expected ${hint}, got "${name}" twice`,
      );
    }
  }
}

function chooseMethods(named: readonly Named[], wanted: readonly string[] | undefined): readonly Named[] {
  if (!wanted) return named;
  for (const name of wanted) {
    if (!named.some((method) => isCalled(method, name))) {
      throw unknownName("method", { name, choices: named.map((method) => method.name) });
    }
  }
  return named.filter((method) => wanted.some((name) => isCalled(method, name)));
}

function isCalled(method: Named, name: string): boolean {
  return method.name === name || method.options.id === name;
}
