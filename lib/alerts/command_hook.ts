import { messageOf } from "../core/errors.ts";
import { visible } from "../core/visible.ts";
import type { AlertMessage } from "./alert.ts";
import type { Delivery } from "./webhook.ts";

/** How a command is told of an alert. */
export interface CommandHookOptions {
  /** A program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** After this time it is ended, ms; a minute when absent. */
  readonly timeoutMs?: number;
}

/**
 * Runs a program that gets an alert as JSON on its standard input. It is run once; what it prints is not shown.
 *
 * @returns Delivered where it ended with exit code 0. Never rejects.
 */
export async function runCommandHook(
  message: AlertMessage,
  { command: [program, ...args], timeoutMs = 60_000 }: CommandHookOptions,
): Promise<Delivery> {
  const failed = (error: string): Delivery => ({ isDelivered: false, attempts: 1, error: `the command ${error}` });
  try {
    const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "null", stderr: "piped" }).spawn();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    try {
      const writer = child.stdin.getWriter();
      // A program may end without having read.
      const written = writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`)).then(() => writer.close())
        .catch(() => {});
      const { code, signal, stderr } = await child.output();
      await written;
      if (isLate) return failed(`did not end within ${timeoutMs} ms`);
      if (code === 0 && signal === null) return { isDelivered: true, attempts: 1 };
      const said = visible(new TextDecoder().decode(stderr).trim().split("\n").at(-1)!.slice(0, 200));
      return failed(`ended with ${signal ?? `exit code ${code}`}${said === "" ? "" : `: ${said}`}`);
    } finally {
      clearTimeout(timer);
    }
  } catch (error) {
    return failed(`cannot be run: ${messageOf(error)}`);
  }
}
