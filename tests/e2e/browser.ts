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

/** Starts a browser that talks to nobody but the pages under test. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
