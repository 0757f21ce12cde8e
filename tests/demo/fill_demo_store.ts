import { openStore } from "../../lib/store/open_store.ts";
import { demoPaperSuite, demoQuickSuite, fillDemoSuite } from "./demo_data.ts";

// deno run -A tests/demo/fill_demo_store.ts <folder>/results.sqlite: made-up results, to look at pages.
const [path] = Deno.args;
if (!path) {
  console.error("Cannot fill a demo store: no file named, expected a path, got nothing");
  Deno.exit(2);
}
const store = await openStore(path);
for (const suite of [demoPaperSuite, demoQuickSuite]) await fillDemoSuite(store, suite);
await store.close();
