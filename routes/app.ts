import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { messageOf } from "../lib/core/errors.ts";
import type { StoreReader } from "../lib/store/store.ts";
import { ImageCache } from "../reports/render/image_cache.ts";
import { allowedHosts } from "./allowed_hosts.ts";
import { apiRoutes } from "./api.ts";
import { assetRoutes } from "./assets.ts";
import { compareRoutes } from "./compare_page.tsx";
import { chartRoutes } from "./charts.ts";
import { downloadRoutes } from "./downloads.ts";
import { eventRoutes } from "./events.ts";
import { headAnswers } from "./head_answers.ts";
import { healthRoutes } from "./health.ts";
import { historyRoutes } from "./history_page.tsx";
import { homeRoutes } from "./home_page.tsx";
import { perfRoutes } from "./perf_page.tsx";
import { problem } from "./problem.tsx";
import { replayRoutes } from "./replay.ts";
import { reportReader } from "./report_reader.ts";
import { runRoutes } from "./run_page.tsx";
import { type SeenStore, seenStore } from "./seen_store.ts";
import type { AppOptions, Services } from "./services.ts";
import { suiteRoutes } from "./suite_page.tsx";
import { trailingSlashes } from "./trailing_slashes.ts";

/** Largest request body; no page takes one. */
const largestBody = 64 * 1024;

/** Charts kept in memory. */
const cachedImages = 400;

/** The service: pages, charts, downloads and JSON over one store. Loads no tensor library. */
export function createApp(options: AppOptions): Hono {
  const services: Services = {
    ...options,
    store: seenBy(options),
    images: new ImageCache(cachedImages),
    reports: reportReader(options),
  };
  const app = new Hono();
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "same-origin",
    // Whoever puts TLS in front decides on this one; on plain HTTP it means nothing.
    strictTransportSecurity: false,
  }));
  app.use(allowedHosts(options.allowedHosts));
  app.use(headAnswers);
  app.use(trailingSlashes);
  app.use(bodyLimit({
    maxSize: largestBody,
    onError: (context) =>
      problem(context, 413, `Cannot take the request: too large, expected at most ${largestBody} bytes`),
  }));
  // Addresses from when ids had no letter, in bookmarks and reports.
  app.get("*", async (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    const moved = pathname.replace(/^(\/(?:api\/|charts\/)?runs\/)([0-9a-f]{16})(?=\/|$)/, "$1r$2");
    return moved === pathname ? await next() : context.redirect(`${moved}${search}`, 301);
  });
  app.use(compress());
  // Not for streams: a digest would need the whole file first.
  const replay = ["/runs/:id/replay.json", "/runs/:id/replay/*"];
  for (
    const path of [
      "/",
      "/suites/:suite",
      "/executions/:execution",
      "/runs/:id",
      ...replay,
      "/perf",
      "/charts/*",
      "/assets/*",
      "/api/*",
    ]
  ) {
    app.use(path, etag());
  }
  app.route("/", homeRoutes(services));
  app.route("/", suiteRoutes(services));
  app.route("/", compareRoutes(services));
  app.route("/", historyRoutes(services));
  app.route("/", runRoutes(services));
  app.route("/", replayRoutes(services));
  app.route("/", chartRoutes(services));
  app.route("/", perfRoutes(services));
  app.route("/", downloadRoutes(services));
  app.route("/", apiRoutes(services));
  app.route("/", eventRoutes(services));
  app.route("/", healthRoutes(services));
  app.route("/", assetRoutes());
  app.notFound((context) =>
    problem(
      context,
      404,
      `Cannot find the page: no such address, expected / or a link from it, got ${context.req.path}`,
    )
  );
  app.onError((error, context) => {
    // Its words may tell where things lie on this machine: they are for who runs the service, not for who looks.
    options.report?.(messageOf(error));
    return problem(
      context,
      500,
      "Cannot show this: something failed on the server, expected no error, got one that its terminal or log names",
    );
  });
  return app;
}

/** The store as pages see it; the same object for the same store, by which readings are shared. */
function seenBy({ store: open, now }: AppOptions): Services["store"] {
  let last: { readonly store: StoreReader; readonly seen: SeenStore } | null = null;
  return async () => {
    const store = await open();
    if (store === null) return null;
    if (last?.store !== store) last = { store, seen: seenStore(store, now) };
    return last.seen;
  };
}
