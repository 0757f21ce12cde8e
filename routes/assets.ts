import { Hono } from "hono";
import { readFile } from "node:fs/promises";

const types = {
  "site.css": "text/css; charset=utf-8",
  "live.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

/** `/assets/...`: the style sheet, the script and the icon, from this folder. */
export function assetRoutes(): Hono {
  const app = new Hono();
  for (const [name, type] of Object.entries(types)) {
    app.get(`/assets/${name}`, async (context) => {
      const bytes = await readFile(new URL(`./assets/${name}`, import.meta.url));
      return context.body(new Uint8Array(bytes), 200, { "content-type": type, "cache-control": "no-cache" });
    });
  }
  return app;
}
