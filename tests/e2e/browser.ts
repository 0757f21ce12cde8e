import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of a Chromium on this machine, FCDL_CHROMIUM first; null if there is none. */
export function findChromium(): string | null {
  const named = Deno.env.get("FCDL_CHROMIUM");
  if (named) return named;
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter);
  for (const name of names) {
    for (const folder of [...folders, "/usr/bin"]) {
      const path = join(folder, name);
      if (folder !== "" && existsSync(path)) return path;
    }
  }
  return null;
}

/**
 * Starts a browser that talks to nobody but the pages under test.
 *
 * @param options.hasWebGl Whether it draws WebGL, in software; false unless given.
 */
export function launchChromium(
  executablePath: string,
  options: { readonly hasWebGl?: boolean } = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      ...(options.hasWebGl
        ? ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        : ["--disable-gpu", "--disable-3d-apis"]),
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
