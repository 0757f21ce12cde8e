import { isAbsolute, relative, resolve } from "node:path";

/** What says where the user stands: `deno task` runs in the project's folder and hands on theirs. */
export interface Standing {
  /** The folder this process runs in. */
  readonly folder: string;
  /** INIT_CWD: the folder that `deno task`, npm or npx was started in. */
  readonly started: string | undefined;
  /** npm_config_user_agent: who runs the task. */
  readonly agent: string | undefined;
}

/** Where the user of this process stands. */
export function standing(): Standing {
  return {
    folder: Deno.cwd(),
    started: Deno.env.get("INIT_CWD"),
    agent: Deno.env.get("npm_config_user_agent"),
  };
}

/** The folder that a user's relative paths start from: theirs, whoever started the program, npx too. */
export function userFolder({ folder, started, agent }: Standing = standing()): string {
  // Another runner's INIT_CWD may be of a script that has gone elsewhere since.
  return started && agent?.startsWith("deno/") ? started : folder;
}

/**
 * The path that a user names, as they see it from where they stand. Whatever it is made of, it is a path: colons name no
 * driver, as in runs-2026-11-25T10:00.
 *
 * @param flag Who asks for it, such as `--out`.
 * @throws {RangeError} If it is empty: that would be the folder itself.
 */
export function userPath(path: string, options: { readonly flag: string; readonly from?: string }): string {
  if (path.trim() === "") {
    throw new RangeError(
      `Cannot read the command line: ${options.flag} is not allowed, expected a path (. for this folder), got "${path}"`,
    );
  }
  return resolve(options.from ?? userFolder(), path);
}

/** A path as the user would write it: relative where it lies below them. */
export function shownPath(path: string, from: string = userFolder()): string {
  const way = relative(from, path);
  return way === "" ? "." : way.startsWith("..") || isAbsolute(way) ? path : way;
}

/** A system BLAS as a user names it: `auto`, `off` and a bare name as they are, a file seen from where they stand. */
export function userLibrary(setting: string): string {
  return /[\\/]/.test(setting) ? resolve(userFolder(), setting) : setting;
}
