/**
 * What whoever watches a benchmark is told, as a feed, by a webhook and by a command.
 *
 * @module
 */
export { type Alert, type AlertMessage, alertMessage } from "./alert.ts";
export { atomFeed, type FeedOptions } from "./atom_feed.ts";
export { type CommandHookOptions, runCommandHook } from "./command_hook.ts";
export { type AlertTargets, sendAlert, type SendOptions } from "./send_alert.ts";
export { type Delivery, postAlert, type WebhookOptions } from "./webhook.ts";
