// How a replay moves between its frames, and how its ways are cut into pieces. No drawing: plain numbers in and out.

/**
 * Where a smooth curve through `rows` is at `time`, in rows: cubic between neighbours, whose slopes are those of
 * Catmull and Rom; held at both ends.
 *
 * @param {readonly (readonly number[])[]} rows Numbers at times 0, 1, 2, ...
 * @param {number} time
 * @returns {number[]} As many numbers as a row has.
 */
export function curveAt(rows, time) {
  const last = rows.length - 1;
  const at = Math.min(Math.max(time, 0), last);
  const i = Math.min(Math.floor(at), Math.max(last - 1, 0));
  const t = at - i;
  const row = (k) => rows[Math.min(Math.max(k, 0), last)];
  const [a, b, c, d] = [row(i - 1), row(i), row(i + 1), row(i + 2)];
  return b.map((value, k) => {
    const [from, to] = [(c[k] - a[k]) / 2, (d[k] - value) / 2];
    const rise = c[k] - value;
    return value + t * (from + t * (3 * rise - 2 * from - to + t * (from + to - 2 * rise)));
  });
}

/**
 * Frames with the quaternions (4 numbers after 3 of the centre, w first) turned to the side of the one before, so that
 * numbers between two frames stand for a turn between theirs.
 *
 * @param {readonly (readonly number[])[]} frames 7 numbers a solid.
 * @returns {number[][]}
 */
export function alignedFrames(frames) {
  const out = [];
  for (const frame of frames) {
    const aligned = [...frame];
    const before = out.at(-1);
    for (let solid = 0; before && solid < aligned.length; solid += 7) {
      let cosine = 0;
      for (let k = 3; k < 7; k++) cosine += aligned[solid + k] * before[solid + k];
      if (cosine < 0) { for (let k = 3; k < 7; k++) aligned[solid + k] = -aligned[solid + k]; }
    }
    out.push(aligned);
  }
  return out;
}

/** Distance of two points. */
export function distance(a, b) {
  return Math.hypot(...a.map((value, k) => value - b[k]));
}

/** Pieces that the curve between two points of a way is drawn with. */
const piecesAStep = 6;

/**
 * Cuts a way into straight pieces: all of it, or dashes of a length with gaps of another.
 *
 * @param {readonly (readonly number[])[]} points The way, a point a step.
 * @param {{ dash?: number, gap?: number, reach: number, centre: readonly number[] }} options Lengths in m; the way ends
 *   where it is farther than `reach` from `centre`.
 * @returns {{ from: number[], to: number[], until: number }[]} `until` is the time, in steps, at which a piece is done.
 */
export function waySegments(points, { dash = Infinity, gap = 0, reach, centre }) {
  const segments = [];
  const period = dash + gap;
  let length = 0;
  let from = points[0];
  for (let k = 1; k <= (points.length - 1) * piecesAStep; k++) {
    const until = k / piecesAStep;
    const to = curveAt(points, until);
    if (distance(to, centre) > reach) break;
    const part = distance(from, to);
    // A piece may hold several dashes, and a dash several pieces.
    let done = 0;
    while (part > 0 && part - done > 1e-9) {
      const into = period === Infinity ? 0 : (length + done + 1e-9) % period;
      const isDash = into < dash;
      const left = period === Infinity ? part : (isDash ? dash : period) - into;
      const step = Math.min(Math.max(left, 1e-6), part - done);
      if (isDash) {
        const at = (share) => from.map((value, j) => value + (to[j] - value) * share);
        segments.push({ from: at(done / part), to: at((done + step) / part), until });
      }
      done += step;
    }
    length += part;
    from = to;
  }
  return segments;
}
