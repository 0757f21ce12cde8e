import { fileURLToPath } from "node:url";
import { messageOf } from "../../core/errors.ts";
import type { RunSpec } from "../../experiment/run_spec.ts";
import type { LoopTimes, TrialLosses } from "./engine_findings.ts";

/** What a process is asked. */
export interface EngineTask {
  readonly engine: string;
  readonly spec: RunSpec;
  /** The system BLAS of updates; null for the own kernel. */
  readonly blas: string | null;
  /** Its time, or its losses in a trial. */
  readonly what: "loop" | "losses";
  /** Environment variables of the process, beside this one's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long to wait for it, ms, at most; no longer than for any engine. */
  readonly limitMs?: number;
}

/** What it answers. */
export type EngineAnswer =
  | { readonly kind: "loop"; readonly times: LoopTimes; readonly residentBytes?: number }
  | { readonly kind: "losses"; readonly losses: TrialLosses }
  | { readonly kind: "failed"; readonly error: string };

/** How engines are asked: a function, so that a test can answer without processes. */
export type AskEngine = (task: EngineTask) => Promise<EngineAnswer>;

/** An engine that has not answered by then is none to train on, ms. */
const PATIENCE_MS = 120_000;

/** Asks in a process of its own: an engine that crashes or hangs is one that is not taken. Never rejects. */
export const askInProcess: AskEngine = async (task) => {
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read",
        "--allow-env",
        "--allow-sys",
        "--allow-ffi",
        `--config=${fileURLToPath(new URL("../../../deno.json", import.meta.url))}`,
        fileURLToPath(new URL("./engine_process.ts", import.meta.url)),
        JSON.stringify(task),
      ],
      ...(task.environment ? { env: task.environment } : {}),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(Math.min(task.limitMs ?? PATIENCE_MS, PATIENCE_MS)),
    });
    const { code, stdout } = await child.output();
    const said = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
    if (!said) return { kind: "failed", error: `it ended without a word, with exit code ${code}` };
    return JSON.parse(said);
  } catch (error) {
    return { kind: "failed", error: messageOf(error) };
  }
};
