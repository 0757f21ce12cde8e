import { fileURLToPath } from "node:url";
import { oneLine } from "../terminal_text.ts";
import type { StretchEnd } from "../../lib/schedule/mod.ts";

/** What starts a bench: a program and its arguments before bench's own. */
export const benchCommand: readonly string[] = [
  ...[Deno.execPath(), "run", "--no-prompt", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
  ...["--allow-ffi", "--allow-run", `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`],
  fileURLToPath(new URL("../bench.ts", import.meta.url)),
];

/**
 * Runs a bench as a process of its own, so that what becomes of it leaves the schedule as it is.
 *
 * @param args Bench's.
 * @param options `signal` asks it to write checkpoints and stop; `print` takes what it says, line by line; `command` is
 *   another program that answers as bench does.
 * @returns How it ended, by its exit code; one that was killed can be gone on with.
 */
export async function runBench(
  args: readonly string[],
  { signal, print, command: [program, ...before] = benchCommand }: {
    readonly signal: AbortSignal;
    print(line: string): void;
    readonly command?: readonly string[];
  },
): Promise<StretchEnd> {
  if (signal.aborted) return { result: "stopped" };
  const child = new Deno.Command(program!, {
    args: [...before, ...args],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const stop = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has already ended.
    }
  };
  signal.addEventListener("abort", stop);
  try {
    let said = "";
    const [status] = await Promise.all([
      child.status,
      eachLine(child.stdout, print),
      eachLine(child.stderr, (line) => {
        said = line;
        print(line);
      }),
    ]);
    if (status.signal !== null || status.code === 130) return { result: "stopped" };
    if (status.code === 0) return { result: "complete" };
    return { result: "failed", error: said === "" ? `bench ended with exit code ${status.code}` : oneLine(said) };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function eachLine(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== "") take(line);
  }
  if (rest.trim() !== "") take(rest);
}
