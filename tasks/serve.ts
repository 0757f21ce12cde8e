import { dirname, resolve } from "node:path";
import denoConfig from "../deno.json" with { type: "json" };
import { messageOf } from "../lib/core/errors.ts";
import { createApp } from "../routes/app.ts";
import { pause } from "../lib/bench/mod.ts";
import { runConfig } from "./schedule/run.ts";
import { defaultScheduleFile, readSchedule } from "./schedule.ts";
import { parseFlags, runCli } from "./cli.ts";
import { hostList } from "./host_list.ts";
import { listenHttp } from "./http_server.ts";
import { complain, complainOnce, say } from "./terminal_text.ts";
import { perfFile, readPerfFile } from "../lib/speed/perf_file.ts";
import { defaultResultsFolder, resultsFolder, storeLocation } from "./results_folder.ts";
import { storeWhenThere } from "./store_when_there.ts";
import { shownPath, userPath } from "./user_paths.ts";

const help = `Serve the result pages.

Usage: deno task serve [options]

  --port <number>   Port, 0 for any free one (default 8000)
  --host <address>  Address to listen on (default 127.0.0.1: this machine only)
  --allowed-hosts <names>
                    Names under which browsers may reach it, besides localhost and --host, by commas; * for any.
                    FCDL_ALLOWED_HOSTS does the same
  --schedule        Start suites when they are due, too, as deno task schedule does
  --config <file>   What to start when (default ${defaultScheduleFile}; docs/schedule.md)
  --out <folder>    Folder of the results (default ${defaultResultsFolder}); FCDL_STORE names another store
  --help            Show this text`;

/** What the command line asks for. */
export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly allowedHosts: readonly string[];
  /** The results folder, absolute. */
  readonly out: string;
  /** The file of the schedule to run beside, absolute; null for none. */
  readonly schedule: string | null;
  readonly help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {RangeError} One sentence, if a flag is unknown or its value not allowed.
 */
export function parseServeOptions(args: readonly string[]): ServeOptions {
  const values = parseFlags(args, {
    port: { type: "string", default: "8000" },
    host: { type: "string", default: "127.0.0.1" },
    "allowed-hosts": { type: "string", default: "" },
    schedule: { type: "boolean", default: false },
    config: { type: "string" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new RangeError(`Cannot serve: not a port, expected a number from 0 to 65535, got ${values.port}`);
  }
  if (values.config !== undefined && !values.schedule) {
    throw new RangeError("Cannot serve: --config is of a schedule, expected --schedule with it, got --config alone");
  }
  const config = values.config ?? null;
  return {
    port,
    host: values.host,
    allowedHosts: hostList(values["allowed-hosts"]),
    out: resultsFolder(values.out),
    schedule: !values.schedule
      ? null
      : config === null
      ? resolve(defaultScheduleFile)
      : userPath(config, { flag: "--config" }),
    help: values.help,
  };
}

/**
 * Serves, and runs a schedule where one is asked for, until `signal` aborts; resolves when everything is closed.
 *
 * @throws {Error} One sentence, if it cannot listen, or the schedule is not as it should be or cannot be run.
 */
export async function serve(
  options: ServeOptions,
  { store, signal: asked, say }: {
    /** Location of the store, instead of the one in the results folder. */
    readonly store: string | undefined;
    readonly signal: AbortSignal;
    readonly say: (line: string) => void;
  },
): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([asked, failing.signal]);
  const schedule = options.schedule === null ? null : await readSchedule(options.schedule);
  const location = storeLocation(store, options.out);
  const source = storeWhenThere(location);
  const app = createApp({
    store: source.get,
    now: Date.now,
    version: denoConfig.version,
    perfCsv: () => readPerfFile(perfFile(options.out)),
    allowedHosts: {
      names: [options.host, ...options.allowedHosts],
      anyAddress: options.host === "0.0.0.0" || options.host === "::",
    },
    report: complainOnce(),
    closing: signal,
  });
  let server;
  try {
    server = await listenHttp((request) => app.fetch(request), options);
  } catch (error) {
    throw new RangeError(`Cannot serve: ${listenReason(error, options)}`);
  }
  const name = ["127.0.0.1", "0.0.0.0", "::1", "::"].includes(options.host) ? "localhost" : options.host;
  const address = `http://${name.includes(":") ? `[${name}]` : name}:${server.port}`;
  say(`Result pages on ${address} (store ${shownPath(location)}); stop with Ctrl+C`);
  const scheduled = schedule === null ? Promise.resolve() : runConfig(schedule, {
    ...{
      configFolder: dirname(options.schedule!),
      out: options.out,
      benchArgs: [],
      signal,
      pause,
      complain,
      print: say,
    },
    clock: { now: Date.now, elapsed: () => performance.now() },
  });
  // A schedule that cannot be run must not be taken for one that runs.
  scheduled.catch(() => failing.abort());
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await Promise.allSettled([scheduled, server.stop()]);
  await source.close();
  await scheduled;
}

function listenReason(error: unknown, { port, host }: ServeOptions): string {
  const { code } = error as { readonly code?: unknown };
  if (code === "EADDRINUSE") {
    return `port ${port} is in use, expected a free one such as --port ${port + 1}, got ${port}`;
  }
  if (code === "EACCES") {
    return `not allowed to listen, expected a port above 1023, got ${port}`;
  }
  return `cannot listen on ${host}, expected an address of this machine, got ${messageOf(error)}`;
}

async function main(): Promise<void> {
  const parsed = parseServeOptions(Deno.args);
  const named = hostList(Deno.env.get("FCDL_ALLOWED_HOSTS") ?? "");
  const options = { ...parsed, allowedHosts: [...parsed.allowedHosts, ...named] };
  if (options.help) return say(help);
  // Only a schedule starts programs.
  if (options.schedule === null) await Deno.permissions.revoke({ name: "run" });
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  try {
    await serve(options, { store: Deno.env.get("FCDL_STORE"), signal: stopping.signal, say });
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
}

if (import.meta.main) await runCli(main);
