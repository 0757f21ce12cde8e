import type { Screen } from "./progress_display.ts";

/** What of `process.stdout` a screen needs. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** 0 or absent where the terminal does not say. */
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * The screen of an output: lines are redrawn on a terminal only, and not on one that calls itself dumb, which takes no
 * cursor codes.
 *
 * @param options.term The environment's TERM.
 */
export function screenOf(
  stream: OutputStream,
  { term, clock }: { readonly term: string | undefined; readonly clock: () => number },
): Screen {
  const isLive = stream.isTTY === true && term !== "dumb";
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return isLive ? stream.columns || 80 : null;
    },
    get rows() {
      return stream.rows || 24;
    },
    clock,
  };
}
