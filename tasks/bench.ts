import process from "node:process";
import { bench } from "./bench/bench.ts";
import { runCli } from "./cli.ts";

if (import.meta.main) {
  await runCli(async () => {
    process.exitCode = await bench(Deno.args);
  });
}
