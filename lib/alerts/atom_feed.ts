import { Feed } from "feed";
import { visible } from "../core/visible.ts";
import type { Alert } from "./alert.ts";

/** What a feed is of. */
export interface FeedOptions {
  /** Of the service, such as `http://localhost:8000`. */
  readonly origin: string;
  /** The feed's own address, from the service's root on. */
  readonly path: string;
  /** What it is called, such as "Alerts of suite quick". */
  readonly title: string;
}

/**
 * An Atom feed (RFC 4287) of alerts, the newest first. The same alerts give the same text, and an entry's id does not
 * depend on the service's address, so that readers show none twice.
 */
export function atomFeed(alerts: readonly Alert[], { origin, path, title }: FeedOptions): string {
  const newest = alerts.toSorted((a, b) => b.at - a.at);
  const feed = new Feed({
    id: `urn:fcdl-bench:feed:${encodeURIComponent(path)}`,
    title: visible(title),
    updated: new Date(newest[0]?.at ?? 0),
    generator: "fcdl-bench",
    link: new URL("/", origin).href,
    feed: new URL(path, origin).href,
    author: { name: "fcdl-bench" },
  });
  for (const alert of newest) {
    feed.addItem({
      id: `urn:fcdl-bench:alert:${encodeURIComponent(alert.id)}`,
      title: html(alert.title),
      description: alert.details.map((detail) => `<p>${html(detail)}</p>`).join(""),
      link: new URL(alert.path ?? "/", origin).href,
      date: new Date(alert.at),
      category: [{ term: alert.kind }],
    });
  }
  return `${feed.atom1()}\n`;
}

/** Text as HTML, as the library says that it is; control characters, which XML forbids, as escapes. */
function html(text: string): string {
  return visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
