import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Run, StoreReader } from "../lib/store/store.ts";
import { problem } from "./problem.tsx";
import { versionOf } from "./progress.ts";
import type { Services } from "./services.ts";

/** Time between two looks at the store, ms. */
const intervalMs = 2000;

/** Open streams at most: each looks at the store again and again. */
const largestAudience = 200;

/** `/events`: says `change` when what a page shows may have changed; `?suite=` and `?run=` narrow it down. */
export function eventRoutes({ store: openStore, closing }: Services): Hono {
  const app = new Hono();
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
    const isOver = () => closing?.aborted ?? false;
    // Compression would hold events back.
    context.header("content-encoding", "identity");
    return streamSSE(context, async (stream) => {
      audience++;
      try {
        let known: string | null = null;
        while (!stream.aborted && !stream.closed && !isOver()) {
          const version = await versionNow(await openStore(), { suite, run });
          if (version !== known) await stream.writeSSE({ event: "change", data: version });
          else await stream.writeSSE({ event: "beat", data: "" });
          known = version;
          await pause(intervalMs, closing);
        }
      } finally {
        audience--;
      }
    });
  });
  return app;
}

async function versionNow(
  store: StoreReader | null,
  { suite, run }: { readonly suite: string | undefined; readonly run: string | undefined },
): Promise<string> {
  if (!store) return "none";
  let runs: readonly Run[];
  if (run !== undefined) {
    const found = await store.getRun(run);
    runs = found ? [found] : [];
  } else {
    runs = await store.listRuns(suite === undefined ? {} : { suite });
  }
  return versionOf(runs);
}

function pause(ms: number, closing: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      closing?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    closing?.addEventListener("abort", end);
  });
}
