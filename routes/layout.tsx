import { raw } from "hono/html";
import type { Child } from "hono/jsx";

/** What every page shares. */
interface LayoutProps {
  readonly title: string;
  /** Address of the events that say when to refresh; absent for pages that do not change. */
  readonly events?: string;
  /** Address of a script of the page's own; absent for most. */
  readonly module?: string;
  readonly children?: Child;
}

/** A page: head, bar, content, foot. No inline script or style, as the content security policy forbids both. */
export function Layout({ title, events, module, children }: LayoutProps) {
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{title === "" ? "FCDL bench" : `${title} · FCDL bench`}</title>
          <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
          <link rel="stylesheet" href="/assets/site.css" />
          <script src="/assets/live.js" defer />
          {module === undefined ? null : <script src={module} type="module" />}
        </head>
        <body {...(events === undefined ? {} : { "data-events": events })}>
          <a class="skip" href="#content">Skip to content</a>
          <header class="bar">
            <div class="inner">
              <a class="brand" href="/">
                <img src="/assets/icon.svg" alt="" width="22" height="22" /> FCDL bench
              </a>
              <span class="tagline">fine-grained causal dynamics learning, measured</span>
              <span id="live-status" class="live" role="status" />
            </div>
          </header>
          <main id="content" tabindex={-1}>{children}</main>
          <footer class="foot">
            <p>
              Times are UTC. <a href="/perf">Performance</a> · <a href="/api/suites">JSON</a> ·{" "}
              <a href="/healthz">health</a>
            </p>
          </footer>
        </body>
      </html>
    </>
  );
}

/** Links of a page's own path, last one without link. */
export function Trail({ steps }: { steps: readonly { readonly label: string; readonly href?: string }[] }) {
  return (
    <nav class="trail" aria-label="Where you are">
      <ol>
        {steps.map((step) => (
          <li>
            {step.href ? <a href={step.href}>{step.label}</a> : <span aria-current="page">{step.label}</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
