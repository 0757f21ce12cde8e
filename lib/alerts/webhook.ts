import { messageOf } from "../core/errors.ts";
import type { AlertMessage } from "./alert.ts";

/** Whether an alert arrived. */
export type Delivery =
  | { readonly isDelivered: true; readonly attempts: number }
  | { readonly isDelivered: false; readonly attempts: number; readonly error: string };

/** How a webhook is called. */
export interface WebhookOptions {
  readonly url: string;
  /** Tries before it is given up. */
  readonly attempts: number;
  /** Ends waiting for another try; the one that is being made comes to its end. */
  readonly signal: AbortSignal;
  /** Waits, at most until the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Bound of one try, ms; 10 s when absent. */
  readonly timeoutMs?: number;
}

/** Wait after the first try, ms; each further one is four times as long, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** Answers after which the same request may do better: too early, too many, and the server's own failures. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Posts an alert as JSON. A network that fails, a server that is silent, overloaded or broken are tried again after 1, 4,
 * 16 s and so on, or when the server says; any other refusal is final. Redirections are not followed: they would turn
 * the request into another one. A try that was heard but not answered comes twice; its `id` says so.
 *
 * @returns Never rejects.
 */
export async function postAlert(message: AlertMessage, options: WebhookOptions): Promise<Delivery> {
  const { attempts, signal, pause } = options;
  for (let attempt = 1;; attempt++) {
    const { error, retryMs } = await post(message, options);
    if (error === null) return { isDelivered: true, attempts: attempt };
    const failed = { isDelivered: false, attempts: attempt, error } as const;
    if (retryMs === null || attempt >= attempts || signal.aborted) return failed;
    await pause(Math.min(LONGEST_PAUSE_MS, Math.max(retryMs, FIRST_PAUSE_MS * 4 ** (attempt - 1))), signal);
    if (signal.aborted) return failed;
  }
}

interface Try {
  /** Null where it arrived. */
  readonly error: string | null;
  /** Least time before it may be tried again; null for never. */
  readonly retryMs: number | null;
}

async function post(
  message: AlertMessage,
  { url, timeoutMs = 10_000 }: WebhookOptions,
): Promise<Try> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(message),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (response.ok) return { error: null, retryMs: null };
    const error = `the webhook answered ${response.status}, expected a status from 200 to 299`;
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    return { error, retryMs: isPassing(response.status) ? 1000 * (seconds > 0 ? seconds : 0) : null };
  } catch (error) {
    return { error: `the webhook cannot be reached: ${messageOf(error)}`, retryMs: 0 };
  }
}
