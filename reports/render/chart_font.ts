import { GlobalFonts } from "@napi-rs/canvas";
import { fileURLToPath } from "node:url";

/** Family names of the bundled fonts, as CSS: the usual one, and one for characters that it lacks. */
export const chartFont = '"FCDL Sans", "FCDL Fallback"';

/** Scripts that DejaVu Sans has not, or not whole: from Syriac on, but Latin, Greek and symbols from U+1E00 on. */
const beyondDejaVu = /[^\p{Cc}\u0020-\u06ff\u1d00-\u2bff\ufb00-\ufeff]/u;

/**
 * A font of charts, as CSS.
 *
 * @param size In px.
 */
export function fontOf(size: number, weight: "normal" | "bold" = "normal"): string {
  return `${weight === "bold" ? "bold " : ""}${size}px ${chartFont}`;
}

const registered = new Set<string>();

/**
 * Registers the bundled DejaVu font once. Without a font, text vanishes from charts without an error. For text in other
 * scripts GNU Unifont is registered too: bitmaps, but all of the basic multilingual plane. What neither has, emoji above
 * all, is drawn as a box, unless a font of this machine has it; pages give such names in full beside the chart.
 *
 * @param texts What will be drawn.
 * @throws {Error} If a font file cannot be read.
 */
export function registerChartFonts(texts: Iterable<string>): void {
  register("dejavu-fonts-ttf/package.json", ["ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf"], "FCDL Sans");
  for (const text of texts) {
    if (!beyondDejaVu.test(text)) continue;
    // Half a second, the first time.
    return register("@fontsource/unifont/package.json", ["files/unifont-latin-400-normal.woff"], "FCDL Fallback");
  }
}

function register(packageFile: string, files: readonly string[], family: string): void {
  if (registered.has(family)) return;
  for (const file of files) {
    const path = fileURLToPath(new URL(`./${file}`, resolved(packageFile)));
    if (!GlobalFonts.registerFromPath(path, family)) {
      throw new Error(`Cannot draw charts: the font file did not load, expected a font, got ${file}`);
    }
  }
  registered.add(family);
}

function resolved(packageFile: string): string {
  return import.meta.resolve(packageFile);
}
