import { join } from "node:path";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { type DemoOptions, fillDemoSuite } from "./demo_data.ts";

/** A SQLite store in a temporary folder, filled with suites; disposing it removes the folder. */
export async function demoStore(
  suites: readonly DemoOptions[],
): Promise<{ readonly store: Store; readonly path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "fcdl-demo-" });
  const path = join(folder, "results.sqlite");
  const store = await openStore(path);
  for (const suite of suites) await fillDemoSuite(store, suite);
  return {
    store,
    path,
    async [Symbol.asyncDispose]() {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
