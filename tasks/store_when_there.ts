import { existsSync } from "node:fs";
import { openStore } from "../lib/store/open_store.ts";
import type { Store } from "../lib/store/store.ts";

/** A store that may appear later. */
export interface StoreSource {
  /** The store, opened for reading at the first call that finds it; null while there is none. */
  readonly get: () => Promise<Store | null>;
  /** Closes the store if it is open. */
  readonly close: () => Promise<void>;
}

/**
 * A source over a location: a path or an address as `openStore` takes it. A missing file is no error: it is looked for
 * at every call.
 */
export function storeWhenThere(location: string): StoreSource {
  let opening: Promise<Store> | null = null;
  const path = location.replace(/^sqlite:(\/\/)?/i, "");
  const isFile = !/^[a-z][a-z0-9+.-]+:/i.test(path);
  return {
    get() {
      if (opening) return opening;
      if (isFile && !existsSync(path)) return Promise.resolve(null);
      opening = openStore(location, { readOnly: true });
      // A failure is told to whoever asked, and the next call tries again.
      opening.catch(() => opening = null);
      return opening;
    },
    async close() {
      await (await opening?.catch(() => null))?.close();
    },
  };
}
