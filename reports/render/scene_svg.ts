import { maxOf } from "../../lib/core/extremes.ts";
import type { ReplayArtifact } from "../../lib/records/artifacts.ts";

type Episode = ReplayArtifact["episodes"][number];
type SceneGeom = Episode["geoms"][number];

/** How a scene is drawn. */
export interface SvgOptions {
  /** Width and height of the picture in px. */
  readonly width: number;
  readonly height: number;
  /** Read by screen readers. */
  readonly title: string;
  /** Ways that are drawn dashed, as far as they stay near the table. */
  readonly dashed?: readonly (readonly Point[])[];
}

/** A point of the world in m. */
type Point = readonly number[];

/** A point on the picture in px, and px a metre there. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Where the viewer stands and looks, in m. */
const viewer = { eye: [2.9, -1.9, 2.5], target: [-0.07, 0.02, 0.62], zoom: 2.08 };

/** The end of a test episode, with the ways that the model predicted dashed. */
export function episodeSvg({ label, context, tracks, ...recording }: Episode): string {
  return sceneSvg(recording, {
    ...{ width: 720, height: 480, title: `${label}, ${context}: the end of a test episode` },
    dashed: tracks.map(({ predicted, floor }) => predicted.map(([x, y, z]) => [x!, y!, floor ?? z!])),
  });
}

/**
 * Draws the last state of an episode in perspective, with the ways of ball and end effector so far as dots.
 *
 * @returns A self-contained SVG document.
 */
export function sceneSvg({ geoms, frames }: Pick<Episode, "geoms" | "frames">, options: SvgOptions): string {
  const { width, height, title } = options;
  const view = viewOf(options);
  const last = frames.at(-1)!;
  const pose = (index: number, frame = last) => frame.slice(7 * index, 7 * index + 7);
  const indexOf = (name: string) => geoms.findIndex((geom) => geom.name === name);
  const [ball, table, tool] = [indexOf("ball"), indexOf("table"), indexOf("tool")];
  // A scene without a table stands on the floor.
  const top = table < 0 ? 0 : pose(table)[2]! + geoms[table]!.size[2]!;
  const [halfX, halfY] = geoms[table]?.size ?? [1.5, 1.5];
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => [i! * halfX!, j! * halfY!, top]);
  // A solid far off the table would be drawn huge, or behind the viewer.
  const isNear = (centre: Point) => Math.hypot(centre[0]!, centre[1]!) < 1.5;
  const isFixed = (name: string) => ["table", "pedestal"].includes(name) || name.startsWith("leg");
  const painted = (chosen: (name: string) => boolean) =>
    geoms.map((geom, index) => ({ geom, pose: pose(index) }))
      .filter(({ geom, pose }) => chosen(geom.name) && isNear(pose))
      .sort((a, b) => view.depth(b.pose) - view.depth(a.pose));
  const ballWay = ball < 0 ? [] : [
    { color: cssColor(geoms[ball]!.color), points: frames.map((frame) => pose(ball, frame).slice(0, 2).concat(top)) },
  ];
  const toolWay = tool < 0 ? [] : [
    { color: "#2b6cb0", points: frames.map((frame) => capsuleEnds(geoms[tool]!, pose(tool, frame)).tip) },
  ];
  const reach = 2 * maxOf(geoms[table]?.size ?? [1]);
  const dashed = (options.dashed ?? []).map((points) => drawDashes(whileNear(points, reach), view));
  const gradients: string[] = [];
  const draw = ({ geom, pose }: { readonly geom: SceneGeom; readonly pose: Point }) =>
    drawGeom({ geom, pose }, { view, gradients });
  const parts = [
    ...painted((name) => name === "pedestal").map(draw),
    ...painted((name) => name.startsWith("leg")).map(draw),
    ...painted((name) => name === "table").map(draw),
    `<clipPath id="top"><path d="${closed(corners.map(view.spot))}"/></clipPath>`,
    `<g clip-path="url(#top)" fill="#3d2c14" opacity="0.18">`,
    ...painted((name) => !isFixed(name)).map(({ geom, pose }) => drawShadow({ geom, pose }, { view, top })),
    `</g>`,
    ...ballWay.map((way) => drawWay(way, view)),
    ...painted((name) => !isFixed(name)).map(draw),
    ...toolWay.map((way) => drawWay(way, view)),
    ...dashed,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img"><title>${escaped(title)}</title>` +
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#f7f9fc"/>` +
    `<stop offset="1" stop-color="#dfe5ec"/></linearGradient>${gradients.join("")}</defs>` +
    `<rect width="${width}" height="${height}" rx="12" fill="url(#sky)"/>${parts.join("\n")}</svg>\n`;
}

interface View {
  readonly spot: (point: Point) => Spot;
  /** Distance from the viewer along the line of sight, in m. */
  readonly depth: (point: Point) => number;
}

function viewOf({ width, height }: SvgOptions): View {
  const { eye, target, zoom } = viewer;
  const ahead = unit(difference(target, eye));
  const right = unit(cross(ahead, [0, 0, 1]));
  const up = cross(right, ahead);
  const depth = (point: Point) => dot(difference(point.slice(0, 3), eye), ahead);
  const spot = (point: Point): Spot => {
    const scale = zoom * height / depth(point);
    const away = difference(point.slice(0, 3), eye);
    return { x: width / 2 + scale * dot(away, right), y: height / 2 - scale * dot(away, up), scale };
  };
  return { spot, depth };
}

function drawGeom(
  { geom, pose }: { readonly geom: SceneGeom; readonly pose: Point },
  { view, gradients }: { readonly view: View; readonly gradients: string[] },
): string {
  if (geom.type === "box") return drawBox({ geom, pose }, view);
  const id = `g${gradients.length}`;
  const fill = (part: number) => cssColor(lit(geom.color, part));
  if (geom.type === "sphere") {
    const { x, y, scale } = view.spot(pose);
    gradients.push(
      `<radialGradient id="${id}" cx="0.38" cy="0.3" r="0.75"><stop offset="0" stop-color="${fill(1.6)}"/>` +
        `<stop offset="0.5" stop-color="${fill(1)}"/><stop offset="1" stop-color="${fill(0.6)}"/></radialGradient>`,
    );
    return `<circle cx="${px(x)}" cy="${px(y)}" r="${px(geom.size[0]! * scale)}" fill="url(#${id})"/>`;
  }
  const ends = capsuleEnds(geom, pose);
  const [a, b] = [view.spot(ends.from), view.spot(ends.to)];
  const radius = geom.size[0]!;
  const [ra, rb] = [radius * a.scale, radius * b.scale];
  // Light from the upper left: the gradient runs across the capsule, starting on the lit side.
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  let [nx, ny] = length < 1 ? [-0.7, -0.7] : [(b.y - a.y) / length, (a.x - b.x) / length];
  if (-nx - 1.5 * ny < 0) [nx, ny] = [-nx, -ny];
  const [mx, my, r] = [(a.x + b.x) / 2, (a.y + b.y) / 2, Math.max(ra, rb)];
  gradients.push(
    `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="${px(mx + nx * r)}" y1="${px(my + ny * r)}" ` +
      `x2="${px(mx - nx * r)}" y2="${px(my - ny * r)}"><stop offset="0" stop-color="${fill(1.02)}"/>` +
      `<stop offset="0.3" stop-color="${fill(1.22)}"/><stop offset="1" stop-color="${fill(0.6)}"/></linearGradient>`,
  );
  return `<path d="${capsuleOutline({ ...a, r: ra }, { ...b, r: rb })}" fill="url(#${id})" stroke="${fill(0.5)}" ` +
    `stroke-width="0.8"/>`;
}

/** Outline of two discs and what lies between them. */
function capsuleOutline(a: Spot & { readonly r: number }, b: Spot & { readonly r: number }): string {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const big = a.r > b.r ? a : b;
  if (length <= Math.abs(a.r - b.r)) {
    return `M${px(big.x - big.r)} ${px(big.y)}a${px(big.r)} ${px(big.r)} 0 1 0 ${px(2 * big.r)} 0` +
      `a${px(big.r)} ${px(big.r)} 0 1 0 ${px(-2 * big.r)} 0z`;
  }
  const along = Math.atan2(b.y - a.y, b.x - a.x);
  const open = Math.acos((a.r - b.r) / length);
  const touch = (disc: typeof a, side: number) =>
    `${px(disc.x + disc.r * Math.cos(along + side * open))} ${px(disc.y + disc.r * Math.sin(along + side * open))}`;
  const isLarge = (disc: typeof a) => disc === big ? 1 : 0;
  return `M${touch(a, 1)}A${px(a.r)} ${px(a.r)} 0 ${isLarge(a)} 1 ${touch(a, -1)}L${touch(b, -1)}` +
    `A${px(b.r)} ${px(b.r)} 0 ${isLarge(b)} 1 ${touch(b, 1)}z`;
}

function drawBox({ geom, pose }: { readonly geom: SceneGeom; readonly pose: Point }, view: View): string {
  const faces: string[] = [];
  const [hx, hy, hz] = geom.size;
  for (const [axis, light] of [[0, 0.8], [1, 0.62], [2, 1.08]] as const) {
    for (const side of [-1, 1]) {
      const half = [hx!, hy!, hz!];
      const outward = difference(viewer.eye, pose.slice(0, 3))[axis]! * side;
      if (outward <= half[axis]!) continue;
      const [u, v] = [0, 1, 2].filter((k) => k !== axis);
      const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => {
        const corner = [...pose.slice(0, 3)];
        corner[axis]! += side * half[axis]!;
        corner[u!]! += i! * half[u!]!;
        corner[v!]! += j! * half[v!]!;
        return view.spot(corner);
      });
      const color = cssColor(lit(geom.color, light));
      faces.push(
        `<path d="${closed(corners)}" fill="${color}" stroke="${color}" stroke-width="0.6" stroke-linejoin="round"/>`,
      );
    }
  }
  return faces.join("");
}

/** What a solid's outline, seen from straight above, covers of the table. */
function drawShadow(
  { geom, pose }: { readonly geom: SceneGeom; readonly pose: Point },
  { view, top }: { readonly view: View; readonly top: number },
): string {
  const flat = (x: number, y: number) => view.spot([x, y, top]);
  const [x, y] = pose;
  if (geom.type === "box") {
    const [hx, hy] = geom.size.map((half) => half * 1.12);
    return `<path d="${
      closed([[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([i, j]) => flat(x! + i! * hx!, y! + j! * hy!)))
    }"/>`;
  }
  const { from, to } = capsuleEnds(geom, pose);
  const along = Math.atan2(to[1]! - from[1]!, to[0]! - from[0]!);
  const outline = Array.from({ length: 24 }, (_, k) => {
    const angle = along - Math.PI / 2 + 2 * Math.PI * k / 24;
    const end = k <= 12 ? to : from;
    return flat(end[0]! + geom.size[0]! * Math.cos(angle), end[1]! + geom.size[0]! * Math.sin(angle));
  });
  return `<path d="${closed(outline)}"/>`;
}

function drawWay({ color, points }: { readonly color: string; readonly points: readonly Point[] }, view: View): string {
  const spots = points.map(view.spot);
  const line = spots.map(({ x, y }) => `${px(x)},${px(y)}`).join(" ");
  const dots = spots.map(({ x, y }) => `<circle cx="${px(x)}" cy="${px(y)}" r="2.2"/>`).join("");
  return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="1.4" opacity="0.6"/>` +
    `<g fill="${color}" opacity="0.85">${dots}</g>`;
}

function drawDashes(points: readonly Point[], view: View): string {
  const line = points.map(view.spot).map(({ x, y }) => `${px(x)},${px(y)}`).join(" ");
  return `<polyline points="${line}" fill="none" stroke="#7048e8" stroke-width="2" stroke-dasharray="6 4"/>`;
}

/** A way's beginning, until it leaves the surroundings, in m. */
function whileNear(points: readonly Point[], reach: number): readonly Point[] {
  const end = points.findIndex((point) => Math.hypot(point[0]!, point[1]!) > reach || Math.abs(point[2]!) > 2);
  return end < 0 ? points : points.slice(0, end);
}

/** Ends of a capsule's axis (its centre twice for another solid) and the point of its far end. */
function capsuleEnds(geom: SceneGeom, pose: Point): { readonly from: Point; readonly to: Point; readonly tip: Point } {
  const [x, y, z, qw, qx, qy, qz] = pose as [number, number, number, number, number, number, number];
  const axis = [2 * (qx * qz + qw * qy), 2 * (qy * qz - qw * qx), 1 - 2 * (qx * qx + qy * qy)];
  const half = geom.type === "capsule" ? geom.size[1]! : 0;
  const along = (distance: number) => [x + distance * axis[0]!, y + distance * axis[1]!, z + distance * axis[2]!];
  return { from: along(-half), to: along(half), tip: along(half + geom.size[0]!) };
}

function closed(spots: readonly Spot[]): string {
  return `M${spots.map(({ x, y }) => `${px(x)} ${px(y)}`).join("L")}z`;
}

function lit(color: readonly number[], light: number): number[] {
  return color.map((part) => Math.min(part * light, 1));
}

function cssColor(color: readonly number[]): string {
  return `#${color.map((part) => Math.round(part * 255).toString(16).padStart(2, "0")).join("")}`;
}

/** Text that may stand in XML. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function cross(a: Point, b: Point): number[] {
  return [a[1]! * b[2]! - a[2]! * b[1]!, a[2]! * b[0]! - a[0]! * b[2]!, a[0]! * b[1]! - a[1]! * b[0]!];
}

function difference(a: Point, b: Point): number[] {
  return a.map((value, k) => value - b[k]!);
}

function dot(a: Point, b: Point): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

function unit(a: Point): number[] {
  const length = Math.hypot(...a);
  return a.map((value) => value / length);
}
