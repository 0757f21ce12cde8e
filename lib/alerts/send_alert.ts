import { type Alert, alertMessage } from "./alert.ts";
import { runCommandHook } from "./command_hook.ts";
import { type Delivery, postAlert, type WebhookOptions } from "./webhook.ts";

/** Who is told, as `alerts` of bench.config.json says; nobody when both are absent. */
export interface AlertTargets {
  readonly webhook?: Pick<WebhookOptions, "url" | "attempts"> | undefined;
  readonly command?: readonly string[] | undefined;
}

/** How alerts are sent. */
export interface SendOptions extends Pick<WebhookOptions, "signal" | "pause"> {
  readonly targets: AlertTargets;
  /** Of the service that shows pages; null where there is none. */
  readonly origin: string | null;
}

/**
 * Tells everybody of an alert, side by side.
 *
 * @returns A sentence for each that could not be told; never rejects.
 */
export async function sendAlert(
  alert: Alert,
  { targets, origin, signal, pause }: SendOptions,
): Promise<readonly string[]> {
  const message = alertMessage(alert, origin);
  const deliveries: Promise<Delivery>[] = [];
  if (targets.webhook) deliveries.push(postAlert(message, { ...targets.webhook, signal, pause }));
  if (targets.command) deliveries.push(runCommandHook(message, { command: targets.command }));
  return (await Promise.all(deliveries)).flatMap((delivery) =>
    delivery.isDelivered ? [] : [`Cannot send alert "${alert.title}": ${delivery.error}; tries: ${delivery.attempts}`]
  );
}
