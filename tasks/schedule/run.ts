import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { messageOf } from "../../lib/core/errors.ts";
import { type Alert, sendAlert } from "../../lib/alerts/mod.ts";
import {
  localTime,
  openLedger,
  runSchedule,
  type ScheduleClock,
  type ScheduleConfig,
  type ScheduleEntry,
  type ScheduleEvent,
  Scheduler,
} from "../../lib/schedule/mod.ts";
import { openStore } from "../../lib/store/open_store.ts";
import { historyAlerts } from "../../reports/build/history_alerts.ts";
import { readHistory } from "../../reports/read/suite_history.ts";
import { storeFile } from "../results_folder.ts";
import { shownPath } from "../user_paths.ts";
import { saidExecution, tickExecutionId } from "./tick_execution.ts";
import { runBench } from "./bench_process.ts";

/** How a schedule is run. */
export interface RunOptions {
  /** Suite files are named from here. */
  readonly configFolder: string;
  /** The results folder, absolute; the ledger lies in it. */
  readonly out: string;
  /** Handed on to every bench. */
  readonly benchArgs: readonly string[];
  readonly clock: ScheduleClock;
  readonly signal: AbortSignal;
  pause(ms: number, signal: AbortSignal): Promise<void>;
  print(line: string): void;
  complain(line: string): void;
  /** What answers as bench does; bench itself when absent. */
  readonly command?: readonly string[];
}

/**
 * Runs a schedule until the signal aborts.
 *
 * @throws {Error} One sentence, if the results folder cannot be written, or another process runs its schedule.
 */
export async function runConfig(config: ScheduleConfig, options: RunOptions): Promise<void> {
  const { out, clock, signal, pause, print, complain } = options;
  const lock = await takeLock(out);
  const ledger = openLedger(join(out, "schedule.sqlite"));
  const entries = new Map(config.entries.map((entry) => [entry.name, entry]));
  const sending = new Set<Promise<void>>();
  const tell = (alert: Alert) => {
    const sent = sendAlert(alert, { targets: config.alerts, origin: null, signal, pause })
      .then((failures) => failures.forEach(complain));
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  };
  try {
    const scheduler = new Scheduler({
      ...{ config, ledger, clock },
      execute({ entry, tick, signal, onExecution }) {
        const id = tick.execution ?? tickExecutionId(tick, [Deno.hostname(), out]);
        return runBench(benchArgs(entry, { ...options, id }), {
          signal,
          print(line) {
            const said = saidExecution(line);
            if (said !== null) onExecution(said);
            print(`${entry.name}: ${line}`);
          },
          ...(options.command ? { command: options.command } : {}),
        });
      },
      onEvent(event) {
        const entry = entries.get(event.tick.entry);
        print(eventLine(event, entry));
        if (!entry || event.kind !== "finished") return;
        if (event.tick.result === "failed") tell(failure(event, entry));
        const told = tellRegressions(event.tick.execution, { out, tell }).catch((error) => complain(messageOf(error)));
        sending.add(told);
        void told.finally(() => sending.delete(told));
      },
    });
    await runSchedule(scheduler, { clock, signal, pause });
    // What the last ones found is sent, too.
    while (sending.size > 0) await Promise.all(sending);
  } finally {
    ledger.close();
    lock.close();
  }
}

/** Tells what the history of a suite says of an execution that has ended. */
async function tellRegressions(
  id: string | null,
  { out, tell }: { readonly out: string; tell(alert: Alert): void },
): Promise<void> {
  if (id === null) return;
  const store = await openStore(storeFile(out), { readOnly: true, check: "never" });
  try {
    const suite = (await store.listExecutions()).find((execution) => execution.id === id)?.suite;
    const history = suite === undefined ? null : await readHistory(store, suite);
    for (const alert of history ? historyAlerts(history) : []) {
      if (alert.execution === id && alert.kind === "regression") tell(alert);
    }
  } finally {
    await store.close();
  }
}

/** @throws {Error} If another process has it; it ends with its holder, however that ends. */
async function takeLock(out: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await mkdir(out, { recursive: true });
    file = await Deno.open(join(out, "schedule.lock"), { create: true, write: true });
  } catch (error) {
    throw new Error(`Cannot write ${shownPath(out)}: expected a folder that can be written, got ${messageOf(error)}`);
  }
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error(
    `Cannot run the schedule of ${
      shownPath(out)
    }: another process does, expected none, got one that holds schedule.lock`,
  );
}

function benchArgs(
  { suite, methods, seeds }: ScheduleEntry,
  { configFolder, out, benchArgs, id }: RunOptions & { readonly id: string },
): string[] {
  const isFile = /\.json$|[\\/]/i.test(suite);
  return [
    ...["--suite", isFile ? resolve(configFolder, suite) : suite, "--out", out, "--scheduled", id],
    ...(methods ? ["--methods", methods.join(",")] : []),
    ...(seeds === undefined ? [] : ["--seeds", seeds]),
    ...benchArgs,
  ];
}

function eventLine({ kind, tick }: ScheduleEvent, entry: ScheduleEntry | undefined): string {
  const due = localTime(tick.dueAt, entry?.timeZone ?? "UTC");
  const through = tick.through === null ? "" : ` to ${localTime(tick.through, entry?.timeZone ?? "UTC")}`;
  const how = kind === "missed"
    ? `missed, ${tick.reason}`
    : kind === "finished"
    ? `${tick.result}${tick.error === null ? "" : `: ${tick.error}`}`
    : kind === "stopped"
    ? "stopped, can go on"
    : kind;
  return `${tick.entry}, due ${due}${through}: ${how}`;
}

function failure({ tick }: ScheduleEvent, { name, suite, timeZone }: ScheduleEntry): Alert {
  return {
    id: `failed/${name}/${tick.dueAt}`,
    kind: "failed run",
    at: tick.endedAt!,
    suite,
    execution: tick.execution,
    title: `${name} has failed`,
    details: [`It was due ${localTime(tick.dueAt, timeZone)}`, ...(tick.error === null ? [] : [tick.error])],
    path: tick.execution === null ? null : `/executions/${encodeURIComponent(tick.execution)}`,
  };
}
