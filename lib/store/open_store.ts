import { unknownName } from "../core/errors.ts";
import type { Store } from "./store.ts";

/** What opens a location of one scheme. Drivers load only when used. */
type Driver = (location: string, options: OpenOptions) => Promise<Store>;

/** How {@link openStore} opens. */
export interface OpenOptions {
  /** Reads only: the store must exist. */
  readonly readOnly?: boolean;
  /** When all of the store is looked through for damage: after an unclean end (the default), always or never. */
  readonly check?: "unclean" | "always" | "never";
}

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: async (location, options) => {
    const { openSqliteStore } = await import("./sqlite_store.ts");
    return openSqliteStore(storePath(location) ?? location, options);
  },
  postgres: notYet,
  postgresql: notYet,
};

/** Scheme of an address. A colon alone makes none: runs-2026-11-25T10:00 and C:\\results are paths. */
function schemeOf(location: string): string {
  return /^(sqlite(?=:)|[a-z][a-z0-9+.-]+(?=:\/\/))/i.exec(location)?.[1]?.toLowerCase() ?? "sqlite";
}

/** The path of a location that is a file; null for a server's address. */
export function storePath(location: string): string | null {
  return schemeOf(location) === "sqlite" ? location.replace(/^sqlite:(\/\/)?/i, "") : null;
}

/**
 * Opens the store at a location: a path or `sqlite:<path>` is an SQLite file, `postgres://...` a server. An absolute
 * path is always a path.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const location = `${await Deno.makeTempDir()}/store.sqlite`;
 * const store = await openStore(location);
 * await store.addRuns([{ id: "r1", suite: "s", environment: "e", method: "m", seed: 1, spec: {} }]);
 * deepEqual((await store.listRuns({ suite: "s" })).map(({ status }) => status), ["pending"]);
 * await store.close();
 * ```
 *
 * @throws {RangeError} If no driver knows the location's scheme.
 * @throws {Error} One sentence, if the store cannot be opened.
 */
export async function openStore(location: string, options: OpenOptions = {}): Promise<Store> {
  const scheme = schemeOf(location);
  const driver = Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (!driver) throw unknownName("store driver", { name: scheme, choices: Object.keys(drivers) });
  return await driver(location, options);
}

function notYet(location: string): Promise<Store> {
  // Only the scheme: the rest of the address may hold a password.
  return Promise.reject(
    new RangeError(
      `Cannot open the store: this version has no PostgreSQL driver yet, expected a path to an SQLite file, got ${
        location.split(":")[0]
      }://...`,
    ),
  );
}
