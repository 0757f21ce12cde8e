import { Hono } from "hono";
import { messageOf } from "../lib/core/errors.ts";
import type { Services } from "./services.ts";

/** `/healthz`: whether the service answers and reaches its store; 503 where it does not. */
export function healthRoutes({ store: openStore, version, report }: Services): Hono {
  const app = new Hono();
  app.get("/healthz", async (context) => {
    try {
      const store = await openStore();
      await store?.listSuites();
      return context.json({ ok: true, store: store ? "reachable" : "none yet", version });
    } catch (error) {
      report?.(messageOf(error));
      return context.json({ ok: false, store: "unreachable", version }, 503);
    }
  });
  return app;
}
