/** One timer for all who wait: they go on together, so that what they then do can be shared. */
export class SharedPause {
  readonly #ms: number;
  readonly #closing: AbortSignal | undefined;
  #waiting: Promise<void> | null = null;

  /**
   * @param ms Length of a pause.
   * @param options.closing Ends the pause under way, and every later one at once.
   */
  constructor(ms: number, { closing }: { readonly closing?: AbortSignal | undefined } = {}) {
    this.#ms = ms;
    this.#closing = closing;
  }

  /** Resolves at the end of the pause under way; begins one if there is none. */
  next(): Promise<void> {
    if (this.#closing?.aborted) return Promise.resolve();
    this.#waiting ??= new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#closing?.removeEventListener("abort", end);
        this.#waiting = null;
        resolve();
      };
      const timer = setTimeout(end, this.#ms);
      this.#closing?.addEventListener("abort", end);
    });
    return this.#waiting;
  }
}
