import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { messageOf, unknownName } from "../lib/core/errors.ts";
import { complain } from "./terminal_text.ts";

/**
 * Runs a command line's main function. What it throws becomes one sentence on standard error and exit code 2, never a
 * stack trace.
 */
export async function runCli(main: () => Promise<void> | void): Promise<void> {
  // Nobody reads any more, as after `| head -1` or with the terminal: what a command does goes on in silence.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  try {
    await main();
  } catch (error) {
    complain(messageOf(error));
    process.exitCode = 2;
  }
}

/** The options of a command line, as `parseArgs` of node:util takes them. */
export type FlagOptions = NonNullable<ParseArgsConfig["options"]>;

/**
 * Reads `--name value` options; there are no other arguments.
 *
 * @throws {RangeError} One sentence that names the options, if one is unknown, lacks its value or has one too many.
 */
export function parseFlags<const Options extends FlagOptions>(args: readonly string[], options: Options) {
  return parse(args, { options, allowPositionals: false }).values;
}

/**
 * Reads `--name value` options and, in any order with them, names of files or of what the command is about.
 *
 * @throws {RangeError} As {@link parseFlags}.
 */
export function parseArguments<const Options extends FlagOptions>(args: readonly string[], options: Options) {
  const { values, positionals } = parse(args, { options, allowPositionals: true });
  return { values, names: positionals };
}

function parse<const Options extends FlagOptions>(
  args: readonly string[],
  { options, allowPositionals }: { readonly options: Options; readonly allowPositionals: boolean },
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    const message = messageOf(error);
    const choices = Object.keys(options).map((name) => `--${name}`);
    const unknown = /^Unknown option '(.*?)'/.exec(message)?.[1];
    if (unknown) throw unknownName("option", { name: unknown, choices });
    const ambiguous = /^Option '(--[^ ']+)[^']*' argument is ambiguous/.exec(message)?.[1];
    if (ambiguous) {
      const got = args[args.indexOf(ambiguous) + 1];
      throw new RangeError(
        `Cannot read the command line: ${ambiguous} has no value, expected one (${ambiguous}=-1 if it starts with a ` +
          `dash), got the next option, ${got}`,
      );
    }
    const reason = message.split(". ")[0]!;
    throw new RangeError(
      `Cannot read the command line: ${reason}, expected options of ${choices.join(", ")}, got ${args.join(" ")}`,
    );
  }
}

/**
 * Reads a switch that is on unless it says off.
 *
 * @param flag Its name without dashes.
 * @throws {RangeError} If it says anything else.
 */
export function onOrOff(flag: string, text: string | undefined): boolean {
  if (text === undefined || text === "on") return true;
  if (text === "off") return false;
  throw new RangeError(`Cannot read the command line: --${flag} is not allowed, expected on or off, got "${text}"`);
}
