import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BlasChoice } from "../tensor/mod.ts";
import { isReport, parseWorkerMessage, type WorkerOutcome, type WorkerReport } from "./worker_messages.ts";
import { messageOf } from "../core/errors.ts";

/** What a worker process is started with. */
export interface WorkerOptions {
  readonly runId: string;
  /** Who holds the run's lease. */
  readonly worker: string;
  /** The store, and the folder that the worker may write. */
  readonly location: string;
  readonly writableFolder: string;
  readonly backend: string;
  /** Whether a run that goes on keeps the backend it began with instead. */
  readonly keepsBackend?: boolean;
  /** Absent: no system BLAS. */
  readonly blas?: BlasChoice;
  /** What the worker runs, see `codeVersion`. */
  readonly codeVersion: string;
  readonly leaseMs: number;
  readonly checkpointEveryMs: number;
  /** Bound of the JavaScript heap, MiB. */
  readonly heapMiB: number;
  onReport(report: WorkerReport): void;
}

/** A worker process that runs. */
export interface WorkerProcess {
  /** Resolves when the process has ended, or could not be started; never rejects. */
  readonly outcome: Promise<WorkerOutcome>;
  /** Asks it to write a checkpoint and stop. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
}

/** How a worker is started: a function, so that a test can drive the pool without processes. */
export type StartWorker = (options: WorkerOptions) => WorkerProcess;

/** Starts `worker.ts` as a process with permissions of its own. */
export const startWorkerProcess: StartWorker = (options) => {
  let child: Deno.ChildProcess;
  try {
    child = spawn(options);
  } catch (error) {
    // No process or memory to be had, or the folder is gone: the same as one that died at once.
    const outcome = { kind: "died", error: `it could not be started: ${messageOf(error)}` } as const;
    return { outcome: Promise.resolve(outcome), stop() {}, kill() {} };
  }
  let isStopped = false;
  return {
    outcome: outcomeOf(child, options),
    stop() {
      if (isStopped) return;
      isStopped = true;
      // Closing its input asks on every system; it fails only where the process has already ended.
      child.stdin.close().catch(() => {});
    },
    kill: () => endProcess(child),
  };
};

function spawn(options: WorkerOptions): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      // The folder it runs in: a name of its own would end at a comma.
      "--allow-write=.",
      "--allow-env",
      "--allow-sys",
      "--allow-ffi",
      `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
      `--v8-flags=--max-old-space-size=${options.heapMiB}`,
      fileURLToPath(new URL("./worker.ts", import.meta.url)),
      `--store=${resolve(options.location)}`,
      `--run=${options.runId}`,
      `--worker=${options.worker}`,
      `--backend=${options.backend}`,
      ...(options.keepsBackend ? ["--backend-as-recorded"] : []),
      ...(options.blas?.library ? [`--blas=${libraryPath(options.blas.library)}`] : []),
      ...(options.blas?.isAutomatic ? ["--blas-as-recorded"] : []),
      `--code-version=${options.codeVersion}`,
      `--lease-ms=${options.leaseMs}`,
      `--checkpoint-ms=${options.checkpointEveryMs}`,
    ],
    cwd: options.writableFolder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What a process said last, or how it ended without a word. */
async function outcomeOf(child: Deno.ChildProcess, options: WorkerOptions): Promise<WorkerOutcome> {
  let outcome: WorkerOutcome | null = null;
  const errors = lastLines(child.stderr).catch(() => "");
  try {
    for await (const line of linesOf(child.stdout)) {
      const message = parseWorkerMessage(line);
      if (message === null) continue;
      if (isReport(message)) options.onReport(message);
      else outcome = message;
    }
    const status = await child.status;
    const how = status.signal ?? `exit code ${status.code}`;
    const said = await errors;
    return outcome ?? { kind: "died", error: said === "" ? how : `${how}: ${said}` };
  } catch (error) {
    // A pipe that cannot be read tells nothing of the process; one that nobody listens to must not go on.
    endProcess(child);
    await child.status.catch(() => {});
    return outcome ?? { kind: "died", error: `it could not be heard: ${messageOf(error)}` };
  }
}

function endProcess(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has already ended.
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The line that says most in what a process wrote before it ended: an error's, else the last. */
async function lastLines(stream: ReadableStream<Uint8Array>): Promise<string> {
  const kept: string[] = [];
  for await (const line of linesOf(stream)) {
    // deno-lint-ignore no-control-regex -- Colour codes.
    const plain = line.replace(/\x1b\[[0-9;]*m/g, "").trim();
    if (plain === "") continue;
    kept.push(plain);
    if (kept.length > 50) kept.shift();
  }
  return kept.findLast((line) => /error|fatal|panic/i.test(line)) ?? kept.at(-1) ?? "";
}

/** A library's path from any folder; a bare name stays one, for the dynamic linker to find. */
function libraryPath(library: string): string {
  return /[\\/]/.test(library) ? resolve(library) : library;
}
