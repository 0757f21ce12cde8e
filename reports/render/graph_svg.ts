import { maxOf } from "../../lib/core/extremes.ts";
import type { GraphPicture } from "../blocks.ts";
import { shortNames } from "./chart_text.ts";

/** The variables of a picture, in words short enough for a label. */
export interface GraphLabels {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
}

const cell = 18;
const letter = 5.6;

/** Characters of a label, at most; the middle of a longer one gives way, and its title says it whole. */
const longestLabel = 14;

/**
 * An adjacency heat map as SVG: row = next-state variable, column = state or action variable, shade = probability of
 * the edge, ring = the truth has the edge. Colours are the classes of site.css on a page, and the attributes written
 * here in a file of its own.
 *
 * @param picture Probabilities [N][N + M] in [0, 1] and, where known, the truth.
 * @param labels N row and N + M column names.
 */
export function graphSvg(picture: GraphPicture, labels: GraphLabels): string {
  const rowCount = picture.probabilities.length;
  const columnCount = picture.probabilities[0]?.length ?? 0;
  const rowNames = shortNames(labels.rows, textSize);
  const columnNames = shortNames(labels.columns, textSize);
  const labelLeft = 12 + letter * Math.max(5, maxOf(rowNames.map(textSize.measure)));
  // Labels of columns lean over by 55 degrees, the last ones over the right edge.
  const leaning = letter * Math.max(5, maxOf(columnNames.map(textSize.measure)));
  const labelTop = Math.round(8 + leaning * 0.82 + 4);
  const width = Math.round(labelLeft + columnCount * cell + leaning * 0.58);
  const height = labelTop + rowCount * cell + 4;
  const parts: string[] = [];
  for (let column = 0; column < columnCount; column++) {
    const x = labelLeft + column * cell + cell / 2;
    parts.push(
      `<text class="g-label" x="${x}" y="${labelTop - 5}" transform="rotate(-55 ${x} ${labelTop - 5})" fill="#5b626c">${
        nameOf(labels.columns[column] ?? "", columnNames[column] ?? "")
      }</text>`,
    );
  }
  // The action columns stand apart: they are inputs only.
  if (columnCount > rowCount) {
    const x = labelLeft + rowCount * cell;
    parts.push(
      `<path class="g-rule" stroke="#8a919c" d="M${x} ${labelTop - 2}V${labelTop + rowCount * cell + 2}"/>`,
    );
  }
  for (let row = 0; row < rowCount; row++) {
    const y = labelTop + row * cell;
    parts.push(
      `<text class="g-label" x="${labelLeft - 5}" y="${y + cell / 2 + 3.5}" text-anchor="end" fill="#5b626c">${
        nameOf(labels.rows[row] ?? "", rowNames[row] ?? "")
      }</text>`,
    );
    for (let column = 0; column < columnCount; column++) {
      const x = labelLeft + column * cell;
      const probability = clamp(picture.probabilities[row]?.[column] ?? 0);
      const isTrue = (picture.truth?.[row]?.[column] ?? 0) > 0.5;
      const said = `${labels.columns[column] ?? column} \u2192 ${labels.rows[row] ?? row}: ${probability.toFixed(2)}${
        picture.truth ? (isTrue ? ", in the truth" : ", not in the truth") : ""
      }`;
      parts.push(
        `<g><title>${escapeXml(said)}</title>` +
          `<rect class="g-empty" x="${x + 0.5}" y="${y + 0.5}" width="${cell - 1}" height="${
            cell - 1
          }" rx="2" fill="#eef0f3"/>` +
          (probability > 0.005
            ? `<rect class="g-edge" x="${x + 0.5}" y="${y + 0.5}" width="${cell - 1}" height="${
              cell - 1
            }" rx="2" fill="#0067b0" fill-opacity="${round(probability)}"/>`
            : "") +
          (isTrue ? trueMark(x, y, probability) : "") +
          `</g>`,
      );
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeXml(describe(picture))}" font-family="sans-serif" ` +
    `font-size="9.5">${parts.join("")}</svg>`;
}

function trueMark(x: number, y: number, probability: number): string {
  const onDark = probability > 0.5;
  return `<circle class="${onDark ? "g-truth g-truth-on" : "g-truth"}" cx="${x + cell / 2}" cy="${
    y + cell / 2
  }" r="3.6" fill="none" stroke-width="1.7" stroke="${onDark ? "#ffffff" : "#b4430a"}"/>`;
}

/** What a picture shows, in one sentence, for those who cannot see it. */
export function describe(picture: GraphPicture): string {
  const size = picture.probabilities.length * (picture.probabilities[0]?.length ?? 0);
  const present = picture.probabilities.flat().filter((value) => value > 0.5).length;
  const sentence = `${picture.caption}: ${present} of ${size} possible edges`;
  if (!picture.truth) return `${sentence}.`;
  const wrong = wrongEdges(picture);
  return `${sentence}; ${wrong.missing} missing and ${wrong.extra} extra against the truth.`;
}

/** Edges of the truth that are not inferred, and inferred ones the truth does not have, at 0.5. */
export function wrongEdges(picture: GraphPicture): { readonly missing: number; readonly extra: number } {
  let missing = 0;
  let extra = 0;
  for (const [row, values] of picture.probabilities.entries()) {
    for (const [column, value] of values.entries()) {
      const isTrue = (picture.truth?.[row]?.[column] ?? 0) > 0.5;
      if (isTrue && value <= 0.5) missing++;
      if (!isTrue && value > 0.5) extra++;
    }
  }
  return { missing, extra };
}

/** Text as it may stand in XML text and attributes. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Sizes of labels in letters: a page's font is not known here. */
const textSize = { width: longestLabel, measure: (text: string) => [...text].length };

function nameOf(whole: string, shown: string): string {
  return `${shown === whole ? "" : `<title>${escapeXml(whole)}</title>`}${escapeXml(shown)}`;
}

function clamp(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
