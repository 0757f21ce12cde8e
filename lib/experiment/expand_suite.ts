import { unknownName } from "../core/errors.ts";
import { type Source, sourceName } from "../core/json_text.ts";
import { labelLook } from "../core/label.ts";
import { FieldError, parseWith } from "../core/parse.ts";
import { environments } from "../envs/registry.ts";
import type { MethodEntry, MethodModule } from "../model/dynamics_model.ts";
import { methods as methodRegistry } from "../model/registry.ts";
import { methodCalled } from "./method_names.ts";
import { type RunSpec, runSpecSchema } from "./run_spec.ts";
import { runId } from "./spec_hash.ts";
import { seedsOf, type Suite } from "./suite.ts";

/** A run of a suite: its spec, its identity and the names that tables show. */
export interface PlannedRun {
  /** A letter and the hash of the spec, see `runId`. */
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
  /** False leaves methods' accelerations out; the runs belong to a suite of their own, `<name>-plain`. */
  readonly fast?: boolean;
}

/** Runs of one suite, at most: more than anybody trains, few enough to list. */
export const MOST_RUNS = 100_000;

/**
 * The runs of a suite, seed by seed, so that an unfinished suite can already be compared. Options of environments and
 * methods are checked and their defaults filled, so that a spec says all that its run depends on.
 *
 * @param options What of the suite to run; `source` names it in an error and knows where its parts stand.
 * @throws {RangeError} If a name is unknown, an option is not allowed, two entries could not be told apart, or there
 *   are more than {@link MOST_RUNS} runs.
 */
export async function expandSuite(
  suite: Suite,
  options: SuiteSelection & { readonly source?: Source } = {},
): Promise<readonly PlannedRun[]> {
  const { source = { what: `suite ${suite.name}` }, ...selection } = options;
  const isPlain = selection.fast === false;
  const shortened = selection.steps === undefined ? "" : `-${selection.steps}-steps`;
  const name = `${suite.name}${shortened}${isPlain ? "-plain" : ""}`;
  const training = { ...suite.training, loops: selection.steps ?? suite.training.loops };
  const tasks = variantsOf(suite, { named: await environmentsOf(suite, source), source });
  const chosen = chooseMethods(
    await methodsOf(suite, source),
    selection.methods?.map((method) => method.normalize("NFC")),
  );
  const seeds = selection.seeds ?? seedsOf(suite);
  const count = seeds.length * tasks.length * chosen.length;
  if (count > MOST_RUNS) {
    throw new RangeError(
      `Cannot use ${source.what}: too many runs, expected at most ${MOST_RUNS}, got ${count} (${seeds.length} seeds, ` +
        `${tasks.length} environments with variants, ${chosen.length} methods)`,
    );
  }
  const runs: PlannedRun[] = [];
  for (const seed of seeds) {
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
          ...(isPlain ? { fast: false } : {}),
          seed,
        };
        const spec = parseWith(runSpecSchema, value, `run of suite ${name}`);
        runs.push({
          id: runId(spec),
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

async function environmentsOf(suite: Suite, source: Source): Promise<readonly Named[]> {
  const named: Named[] = [];
  for (const [i, { id, ...given }] of suite.environments.entries()) {
    const path = ["environments", i];
    const entry = environments.find((environment) => environment.id === id);
    if (!entry) {
      throw inEntry(unknownName("environment", { name: id, choices: environments.map((known) => known.id) }), {
        source,
        path,
        field: ["id"],
      });
    }
    const module = await entry.load();
    const options = readOptions({ source, path, parse: () => module.parseOptions(given) });
    named.push({ name: module.taskName(options), options: { ...options, id } });
  }
  refuseTwins(named, { source, pathOf: (i) => ["environments", i], hint: "different tasks" });
  return named;
}

/** Each environment under each of the suite's variants. */
function variantsOf(
  { variants }: Suite,
  { named, source }: { readonly named: readonly Named[]; readonly source: Source },
): readonly (Named & { readonly variant: Pick<RunSpec, "observation"> })[] {
  const all = named.flatMap((environment) =>
    variants.map(({ label, observation }) => ({
      ...environment,
      name: label === undefined ? environment.name : `${environment.name}-${label}`,
      variant: observation === undefined ? {} : { observation },
    }))
  );
  const pathOf = (i: number) => ["variants", i % variants.length];
  refuseTwins(all, { source, pathOf, hint: "a label of its own for each variant" });
  return all;
}

async function methodsOf(suite: Suite, source: Source): Promise<readonly Named[]> {
  const named: Named[] = [];
  for (const [i, { id, label, ...given }] of suite.methods.entries()) {
    const path = ["methods", i];
    const entry = methodRegistry.find((method) => method.id === id);
    if (!entry) {
      throw inEntry(unknownName("method", { name: id, choices: methodRegistry.map((known) => known.id) }), {
        source,
        path,
        field: ["id"],
      });
    }
    if (label !== undefined) refuseOtherName(label, { id, source, path });
    const module = await loadMethod(entry);
    const options = readOptions({ source, path, parse: () => module.parseOptions(given) });
    named.push({ name: label ?? id, options: { ...options, id, ...(label === undefined ? {} : { label }) } });
  }
  refuseTwins(named, { source, pathOf: (i) => ["methods", i], hint: "a label of its own for each variant" });
  return named;
}

/** Tasks are not type-checked, so a name that a module does not export comes as undefined. */
async function loadMethod({ id, load }: MethodEntry): Promise<MethodModule> {
  const module: MethodModule | undefined = await load();
  if (module !== undefined) return module;
  throw new Error(
    `Cannot load method "${id}": wrong name in lib/model/registry.ts, expected what defineMethod made, got undefined`,
  );
}

type Path = readonly (string | number)[];

/** A reader would take the numbers for another method's. */
function refuseOtherName(
  label: string,
  { id, source, path }: { readonly id: string; readonly source: Source; readonly path: Path },
): void {
  const owner = methodCalled(label);
  if (owner === null || owner === id) return;
  throw new RangeError(
    `Cannot use ${path.join(".")} of ${sourceName(source, [...path, "label"])}: label is another method's name, ` +
      `expected one that cannot be taken for ${owner}, got "${label}" for ${id}`,
  );
}

/** Puts the suite's name, the entry's path and the place into an error about options. */
function readOptions<Options>(
  { source, path, parse }: { readonly source: Source; readonly path: Path; readonly parse: () => Options },
): Options {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const { path: field = [], part } = error instanceof FieldError ? error : {};
    throw inEntry(error, { source, path, field, ...(part ? { part } : {}) });
  }
}

function inEntry(
  error: RangeError | TypeError,
  { source, path, field, part }: {
    readonly source: Source;
    readonly path: Path;
    readonly field: readonly PropertyKey[];
    readonly part?: "key" | "value";
  },
): RangeError {
  const name = sourceName(source, [...path, ...field], part);
  return new RangeError(`Cannot use ${path.join(".")} of ${name}: ${error.message}`, { cause: error });
}

function refuseTwins(
  named: readonly Named[],
  { source, pathOf, hint }: {
    readonly source: Source;
    readonly pathOf: (index: number) => Path;
    readonly hint: string;
  },
): void {
  const firsts = new Map<string, string>();
  for (const [i, { name }] of named.entries()) {
    const first = firsts.get(labelLook(name));
    if (first !== undefined) {
      const got = first === name ? `"${name}" twice` : `"${first}" and "${name}"`;
      throw new RangeError(
        `Cannot use ${pathOf(i).join(".")} of ${
          sourceName(source, pathOf(i))
        }: results of two entries would be mixed, ` +
          `expected ${hint}, got ${got}`,
      );
    }
    firsts.set(labelLook(name), name);
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
