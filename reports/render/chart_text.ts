/** Width of a text in px, in the font that it will be drawn in. */
export type Measure = (text: string) => number;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * A text that is at most `width` px wide: the middle of a longer one gives way to an ellipsis, since names of one
 * series of trials tell themselves apart at their ends as often as at their beginnings.
 */
export function shortened(
  text: string,
  { width, measure }: { readonly width: number; readonly measure: Measure },
): string {
  if (measure(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const kept = (count: number) => {
    const head = Math.ceil(count / 2);
    return `${parts.slice(0, head).join("").trimEnd()}\u2026${
      parts.slice(parts.length - count + head).join("").trimStart()
    }`;
  };
  // The largest count that fits, by bisection.
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(kept(middle)) <= width) low = middle;
    else high = middle - 1;
  }
  return kept(low);
}

/** Names as {@link shortened}, with numbers where two of them would be the same. */
export function shortNames(
  names: readonly string[],
  { width, measure }: { readonly width: number; readonly measure: Measure },
): readonly string[] {
  const cut = names.map((name) => shortened(name, { width, measure }));
  const isDouble = (place: number) => cut.some((other, k) => other === cut[place] && names[k] !== names[place]);
  const doubled = cut.map((_, place) => isDouble(place));
  const different = [...new Set(names)];
  return cut.map((name, place) => {
    if (!doubled[place]) return name;
    const number = ` (${different.indexOf(names[place]!) + 1})`;
    return shortened(names[place]!, { width: width - measure(number), measure }) + number;
  });
}

/** A text in lines of at most `width` px, broken between words; the last of `most` lines takes the rest, shortened. */
export function wrapped(
  text: string,
  { width, most, measure }: { readonly width: number; readonly most: number; readonly measure: Measure },
): readonly string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(" ");
  for (const [place, word] of words.entries()) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || measure(longer) <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
    if (lines.length === most - 1) {
      line = words.slice(place).join(" ");
      break;
    }
  }
  return [...lines, line].map((each) => shortened(each, { width, measure }));
}

/** Whether a text has characters that no bundled font has. */
export function hasUndrawable(text: string): boolean {
  return /[\u{10000}-\u{10ffff}\ufe0f\u200d]/u.test(text);
}
