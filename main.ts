import denoConfig from "./deno.json" with { type: "json" };
import { createApp } from "./routes/app.ts";
import { perfFile, readPerfFile } from "./lib/speed/perf_file.ts";
import { hostList } from "./tasks/host_list.ts";
import { resultsFolder, storeLocation } from "./tasks/results_folder.ts";
import { complainOnce } from "./tasks/terminal_text.ts";
import { storeWhenThere } from "./tasks/store_when_there.ts";

// Composition root of the service: `deno serve main.ts` and any host that calls `fetch` run this. FCDL_STORE names the
// store (a file or an address); a file need not be there yet.
const folder = resultsFolder(undefined);
const location = storeLocation(Deno.env.get("FCDL_STORE"), folder);
const source = storeWhenThere(location);
const app = createApp({
  store: source.get,
  now: Date.now,
  version: denoConfig.version,
  perfCsv: () => readPerfFile(perfFile(folder)),
  // Who serves this says where; names must be listed, or be * where something in front checks them.
  allowedHosts: { names: hostList(Deno.env.get("FCDL_ALLOWED_HOSTS") ?? ""), anyAddress: true },
  report: complainOnce(),
});

export default { fetch: (request: Request): Response | Promise<Response> => app.fetch(request) };
