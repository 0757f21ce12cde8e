import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** How a command ended. */
export interface CommandResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly errors: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly folder?: string;
  /** Beside this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Shows what it writes as it comes, on standard error; nothing is kept of it then. */
  readonly isShown?: boolean;
}

/** The machine as set-up sees and changes it: what tests put another in place of. */
export interface System {
  readonly os: string;
  readonly arch: string;
  /** An environment variable. */
  variable(name: string): string | undefined;
  /** Runs a command; null if there is none of that name. */
  run(command: string, args: readonly string[], options?: CommandOptions): Promise<CommandResult | null>;
  /** A small text file; null if it cannot be read. */
  read(path: string): string | null;
  /** Names in a folder; none if it cannot be read. */
  list(folder: string): readonly string[];
}

/** This machine. */
export const thisSystem: System = {
  os: Deno.build.os,
  arch: Deno.build.arch,
  variable: (name) => Deno.env.get(name),
  run: (command, args, { folder, environment, isShown = false } = {}) =>
    new Promise((resolve) => {
      const stream = isShown ? 2 : "pipe";
      const child = spawn(command, [...args], {
        ...(folder === undefined ? {} : { cwd: folder }),
        ...(environment ? { env: { ...Deno.env.toObject(), ...environment } } : {}),
        stdio: ["ignore", stream, stream],
      });
      const texts = { output: "", errors: "" };
      child.stdout?.setEncoding("utf8").on("data", (text: string) => texts.output += text);
      child.stderr?.setEncoding("utf8").on("data", (text: string) => texts.errors += text);
      child.on("error", () => resolve(null));
      child.on("close", (code) => resolve({ code, ...texts }));
    }),
  read(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return null;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  },
};
