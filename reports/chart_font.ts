import { GlobalFonts } from "@napi-rs/canvas";
import { fileURLToPath } from "node:url";

/** Family name of the bundled font. */
export const chartFont = "FCDL Sans";

let registered = false;

/**
 * Registers the bundled DejaVu font once. Without a font, text vanishes from charts without an error.
 *
 * @throws {Error} If the font files cannot be read.
 */
export function registerChartFont(): void {
  if (registered) return;
  for (const file of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]) {
    const path = fileURLToPath(new URL(`./ttf/${file}`, import.meta.resolve("dejavu-fonts-ttf/package.json")));
    if (!GlobalFonts.registerFromPath(path, chartFont)) {
      throw new Error(`Cannot draw charts: the font file did not load, expected a TrueType font, got ${file}`);
    }
  }
  registered = true;
}
