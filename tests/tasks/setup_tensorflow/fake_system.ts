import type { CommandResult, System } from "../../../tasks/setup_tensorflow/system.ts";

/** A command as a test sees it. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string | undefined;
}

/** What a fake machine is made of; what is not named is not there. */
export interface FakeParts {
  readonly os?: string;
  readonly arch?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Answers by command; undefined for another command of the same name. A string is its output. */
  readonly commands?: Readonly<
    Record<string, (call: Call) => string | Partial<CommandResult> | undefined | Promise<string | undefined>>
  >;
}

/** A machine for tests: nothing runs. */
export function fakeSystem(parts: FakeParts): System & { readonly calls: readonly Call[] } {
  const { os = "linux", arch = "x86_64", variables = {}, files = {}, commands = {} } = parts;
  const calls: Call[] = [];
  return {
    os,
    arch,
    calls,
    variable: (name) => variables[name],
    async run(command, args, options = {}) {
      const call = { command, args, folder: options.folder };
      calls.push(call);
      const answer = await commands[command]?.(call);
      if (answer === undefined) return null;
      return { code: 0, output: "", errors: "", ...(typeof answer === "string" ? { output: answer } : answer) };
    },
    read: (path) => files[path] ?? null,
    list: (folder) => {
      const names = Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split("/")[0]!);
      return [...new Set(names)].sort();
    },
  };
}

/** A machine with compiler and pip, without an NVIDIA card. */
export const plainMachine: FakeParts = {
  commands: {
    getconf: () => "glibc 2.36\n",
    "g++": () => "g++ 12\n",
    python3: ({ args }) => args.at(-1) === "--version" ? "pip 26.3 from /usr/lib (python 3.11)\n" : undefined,
  },
};

/** The same with a card, as NVIDIA's tool lists it. */
export function gpuMachine(line: string): FakeParts {
  const fields = line.split(", ").length;
  return {
    commands: {
      ...plainMachine.commands,
      "nvidia-smi": ({ args }) =>
        args[0]!.split(",").length === fields
          ? `${line}\n`
          : { code: 2, output: "Field is not a valid field to query." },
    },
  };
}
