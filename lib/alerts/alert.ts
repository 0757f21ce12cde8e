/** Something that whoever watches a benchmark wants to be told. */
export interface Alert {
  /** What tells it from all others, for ever: told again, it has the same. */
  readonly id: string;
  readonly kind: "regression" | "slowdown" | "failed run" | "missed start";
  /** When it was found, ms since 1970, UTC. */
  readonly at: number;
  readonly suite: string;
  /** The execution that it is about; null where there is none. */
  readonly execution: string | null;
  /** One sentence without its end. */
  readonly title: string;
  /** More, a sentence each, such as the numbers. */
  readonly details: readonly string[];
  /** The page that shows it, from the service's root on, such as `/suites/quick`; null for none. */
  readonly path: string | null;
}

/** An alert as a webhook and a command get it. */
export interface AlertMessage {
  /** Of this form: a field that changes its meaning or goes moves it. */
  readonly version: 1;
  readonly id: string;
  readonly kind: Alert["kind"];
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly suite: string;
  readonly execution: string | null;
  readonly title: string;
  readonly details: readonly string[];
  /** Address of its page; null where none is known. */
  readonly link: string | null;
}

/**
 * An alert in the form that goes out.
 *
 * @param origin Of the service that shows pages, such as `http://localhost:8000`; null where there is none.
 */
export function alertMessage({ path, at, ...alert }: Alert, origin: string | null): AlertMessage {
  return {
    version: 1,
    ...alert,
    at: new Date(at).toISOString(),
    link: path === null || origin === null ? null : new URL(path, origin).href,
  };
}
