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

/** Files of packages that scripts of pages load: address in `/assets/`, name that modules import, place on this disk. */
const packageFiles: readonly { readonly address: string; readonly name?: string; readonly place: () => string }[] = [
  { address: "three/three.module.js", name: "three", place: () => import.meta.resolve("three") },
  {
    address: "three/three.core.js",
    place: () => new URL("./three.core.js", import.meta.resolve("three")).href,
  },
  {
    address: "three/orbit_controls.js",
    name: "three/addons/controls/OrbitControls.js",
    place: () => import.meta.resolve("three/addons/controls/OrbitControls.js"),
  },
  {
    address: "three/rounded_box_geometry.js",
    name: "three/addons/geometries/RoundedBoxGeometry.js",
    place: () => import.meta.resolve("three/addons/geometries/RoundedBoxGeometry.js"),
  },
];

/** `/assets/...`: style sheet, scripts and icon from this folder, and files of packages. */
export function assetRoutes(): Hono {
  const app = new Hono();
  const serve = (address: string, file: { readonly type: string; readonly place: () => string }) =>
    app.get(`/assets/${address}`, async (context) => {
      const text = await readFile(new URL(file.place()), "utf8");
      return context.body(file.type === script ? withAddresses(text) : text, 200, {
        "content-type": file.type,
        "cache-control": "no-cache",
      });
    });
  for (const [name, type] of Object.entries(types)) {
    serve(name, { type, place: () => new URL(`./assets/${name}`, import.meta.url).href });
  }
  for (const { address, place } of packageFiles) serve(address, { type: script, place });
  return app;
}

/**
 * A module whose imports of packages are addresses: a browser finds packages by name only through an inline import map,
 * which the content security policy forbids.
 */
function withAddresses(text: string): string {
  return text.replace(/ from (["'])([^"'./][^"']*)\1/g, (whole, quote: string, name: string) => {
    const file = packageFiles.find((each) => each.name === name);
    return file === undefined ? whole : ` from ${quote}/assets/${file.address}${quote}`;
  });
}
