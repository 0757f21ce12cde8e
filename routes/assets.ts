import { Hono } from "hono";
import { readFile } from "node:fs/promises";

const script = "text/javascript; charset=utf-8";

const types = {
  "site.css": "text/css; charset=utf-8",
  "live.js": script,
  "replay.js": script,
  "replay_motion.js": script,
  "replay_scene.js": script,
  "icon.svg": "image/svg+xml",
} as const;

/** Modules of three.js that pages load, by file name; they are served from the installed package. */
const threeModules = {
  "three.module.js": () => import.meta.resolve("three"),
  "three.core.js": () => new URL("./three.core.js", import.meta.resolve("three")).href,
  "orbit_controls.js": () => import.meta.resolve("three/addons/controls/OrbitControls.js"),
  "rounded_box_geometry.js": () => import.meta.resolve("three/addons/geometries/RoundedBoxGeometry.js"),
} as const;

/** `/assets/...`: style sheet, scripts and icon from this folder, and three.js. */
export function assetRoutes(): Hono {
  const app = new Hono();
  for (const [name, type] of Object.entries(types)) {
    app.get(`/assets/${name}`, async (context) => {
      const bytes = await readFile(new URL(`./assets/${name}`, import.meta.url));
      return context.body(new Uint8Array(bytes), 200, { "content-type": type, "cache-control": "no-cache" });
    });
  }
  for (const [name, address] of Object.entries(threeModules)) {
    app.get(`/assets/three/${name}`, async (context) => {
      const text = await readFile(new URL(address()), "utf8");
      // A browser finds packages by name only through an inline import map, which the security policy forbids.
      const found = text.replaceAll(/ from (['"])three\1/g, ' from "./three.module.js"');
      return context.body(found, 200, { "content-type": script, "cache-control": "no-cache" });
    });
  }
  return app;
}
