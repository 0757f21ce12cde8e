import { statSync } from "node:fs";
import { openStore, storePath } from "../lib/store/open_store.ts";
import type { Store } from "../lib/store/store.ts";

/** How long a store that is no longer the one is kept for who reads from it, ms. */
const GRACE_MS = 60_000;

/** A store that may appear later, go, or be replaced by another. */
export interface StoreSource {
  /** The store that is there now, opened for reading at the first call that finds it; null while there is none. */
  readonly get: () => Promise<Store | null>;
  /** Closes what is open. */
  readonly close: () => Promise<void>;
}

interface Opening {
  /** Which file it is; the same for as long as it is that file, whatever is written into it. */
  readonly identity: string;
  readonly store: Promise<Store>;
}

/**
 * A source over a location: a path or an address as `openStore` takes it. A missing file is no error: it is looked for
 * at every call, and so is whether it still is the same file.
 */
export function storeWhenThere(location: string): StoreSource {
  const path = storePath(location);
  let current: Opening | null = null;
  const retired = new Map<Opening, ReturnType<typeof setTimeout>>();

  function retire(opening: Opening | null): void {
    if (!opening) return;
    const end = () => {
      retired.delete(opening);
      void closeQuietly(opening);
    };
    const timer = setTimeout(end, GRACE_MS);
    Deno.unrefTimer(timer);
    retired.set(opening, timer);
  }

  function open(identity: string): Opening {
    const opening = { identity, store: openStore(location, { readOnly: true }) };
    // A failure is told to whoever asked, and the next call tries again.
    opening.store.catch(() => {
      if (current === opening) current = null;
    });
    return opening;
  }

  return {
    async get() {
      const identity = path === null ? location : identityOf(path);
      if (current?.identity !== identity) {
        retire(current);
        current = identity === null ? null : open(identity);
      }
      return await (current?.store ?? null);
    },
    async close() {
      for (const timer of retired.values()) clearTimeout(timer);
      await Promise.all([...retired.keys(), ...(current ? [current] : [])].map(closeQuietly));
      retired.clear();
      current = null;
    },
  };
}

async function closeQuietly({ store }: Opening): Promise<void> {
  await (await store.catch(() => null))?.close();
}

/** Which file a path leads to now; null where there is none. */
function identityOf(path: string): string | null {
  const file = statSync(path, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? null : [file.dev, file.ino, file.birthtimeNs].join(" ");
}
