import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { visible } from "../../lib/core/visible.ts";
import { type Execution, newest, shownExecution } from "../../lib/records/execution.ts";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { storeFile } from "../results_folder.ts";
import { userPath } from "../user_paths.ts";

/** One side of a comparison: executions of a store, one a suite. */
export interface Side {
  readonly store: Store;
  /** The results folder that the store lies in. */
  readonly folder: string;
  readonly executions: readonly Execution[];
}

/** The stores that sides are in, each opened once. */
export class Stores {
  readonly #open = new Map<string, Store>();

  /** The store of a results folder, opened for reading. */
  async of(folder: string): Promise<Store> {
    const path = storeFile(folder);
    let store = this.#open.get(path);
    if (!store) this.#open.set(path, store = await openStore(path, { readOnly: true }));
    return store;
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    for (const store of this.#open.values()) await store.close();
  }
}

/**
 * What a name on the command line means: an execution by its id, a suite (the execution that it shows), a code version or
 * the beginning of its commit (of each suite the last complete execution of that code, else the last), or a results folder
 * (of each suite the execution that it shows).
 *
 * @param options.folder The results folder that names are of.
 * @param options.suite Only executions of this suite; null for any.
 * @throws {RangeError} If it is none of these.
 */
export async function resolveSide(
  name: string,
  { stores, folder, suite }: { readonly stores: Stores; readonly folder: string; readonly suite: string | null },
): Promise<Side> {
  const place = /[\\/]|^\.{1,2}$/.test(name) ? resultsFolderAt(userPath(name, { flag: "a folder" })) : null;
  if (place !== null) {
    const store = await stores.of(place);
    return { store, folder: place, executions: ofEachSuite(await known(store, suite), shownExecution) };
  }
  const store = await stores.of(folder);
  const executions = await known(store, suite);
  const asId = executions.filter(({ id }) => id === name);
  if (asId.length > 0) return { store, folder, executions: asId };
  const asSuite = ofEachSuite(executions.filter((each) => each.suite === name), shownExecution);
  if (asSuite.length > 0) return { store, folder, executions: asSuite };
  const asCode = ofEachSuite(executions.filter(({ code }) => isCode(name, code.version)), shownExecution);
  if (asCode.length > 0) return { store, folder, executions: asCode };
  throw new RangeError(
    `Cannot compare "${
      visible(name)
    }": unknown name, expected an execution's id, a suite, a code version or a results ` +
      `folder (as ./${visible(name)}), got none of ${listed(executions)}`,
  );
}

/**
 * The last two complete executions of a suite.
 *
 * @throws {RangeError} If there are fewer.
 */
export async function lastTwo(
  suite: string,
  { stores, folder }: { readonly stores: Stores; readonly folder: string },
): Promise<readonly [Side, Side]> {
  const store = await stores.of(folder);
  const complete = (await known(store, suite)).filter(({ state }) => state === "complete");
  const after = newest(complete);
  const before = newest(complete.filter((execution) => execution !== after));
  if (!before || !after) {
    throw new RangeError(
      `Cannot compare the last two executions of suite "${visible(suite)}": too few are complete, expected 2, got ` +
        `${complete.length}`,
    );
  }
  const side = (execution: Execution) => ({ store, folder, executions: [execution] });
  return [side(before), side(after)];
}

/** Pairs of executions of two sides: the one and the one, else those of the same suite. */
export function pairsOf(before: Side, after: Side): readonly (readonly [Execution, Execution])[] {
  const [only, other] = [before.executions, after.executions];
  if (only.length === 1 && other.length === 1) return [[only[0]!, other[0]!]];
  return only.flatMap((execution) => {
    const match = other.find(({ suite }) => suite === execution.suite);
    return match && match.id !== execution.id ? [[execution, match] as const] : [];
  });
}

async function known(store: Store, suite: string | null): Promise<readonly Execution[]> {
  return await store.listExecutions(suite === null ? {} : { suite });
}

function ofEachSuite(
  executions: readonly Execution[],
  choose: (own: readonly Execution[]) => Execution | null,
): readonly Execution[] {
  return [...Map.groupBy(executions, ({ suite }) => suite).values()].flatMap((own) => choose(own) ?? []);
}

/** Whether a name is a version as a whole, or at least six digits of its commit. */
function isCode(name: string, version: string): boolean {
  const commit = /\+([0-9a-f]+)/.exec(version)?.[1];
  return version === name ||
    (/^[0-9a-f]{6,}$/.test(name) && commit !== undefined && commit.startsWith(name.slice(0, 10)));
}

function listed(executions: readonly Execution[]): string {
  const names = [...new Set(executions.map(({ suite }) => suite)), ...executions.slice(-5).map(({ id }) => id)];
  return names.length === 0 ? "an empty store" : names.map(visible).join(", ");
}

/** The results folder that a path is, or that its store lies in. */
function resultsFolderAt(path: string): string {
  return existsSync(path) && statSync(path).isFile() ? dirname(path) : path;
}
