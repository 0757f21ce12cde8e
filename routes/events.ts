import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { problem } from "./problem.tsx";
import type { Services } from "./services.ts";
import { SharedPause } from "./shared_pause.ts";
import { StoreWatch } from "./store_watch.ts";

/** Time between two looks at the store, ms. */
const intervalMs = 2000;

/** Looks between two signs of life: that a page has gone is noticed where something is sent to it. */
const looksABeat = 8;

/** Open streams at most: each holds a connection. */
const largestAudience = 1000;

/** `/events`: says `change` when what a page shows may have changed; `?suite=` and `?run=` narrow it down. */
export function eventRoutes({ store, now, closing }: Services): Hono {
  const app = new Hono();
  const watch = new StoreWatch({ store, now });
  const rest = new SharedPause(intervalMs, { closing });
  let audience = 0;
  app.get("/events", (context) => {
    // HEAD asks for headers: a stream that nobody reads would stay open.
    if (context.req.method === "HEAD") {
      return context.body(null, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    }
    if (audience >= largestAudience) {
      return problem(context, 503, "Cannot send events: too many open pages, expected fewer, got " + largestAudience);
    }
    const { suite, run } = context.req.query();
    // Compression would hold events back.
    context.header("content-encoding", "identity");
    return streamSSE(context, async (stream) => {
      audience++;
      try {
        let known: string | null = null;
        for (let looks = 0; !stream.aborted && !stream.closed && !closing?.aborted; looks++) {
          const version = await watch.version({ suite, run });
          if (version !== known) await stream.writeSSE({ event: "change", data: version });
          else if (looks % looksABeat === 0) await stream.writeSSE({ event: "beat", data: "" });
          known = version;
          await rest.next();
        }
      } finally {
        audience--;
      }
    });
  });
  return app;
}
