import type { MagneticConfig } from "./magnetic_config.ts";

/**
 * The stated law of the ball: its speed towards the box at a distance of the centres,
 * `speed · ramp(distance) / (1 + (distance / reach)²)`, with `ramp` going from 0 at `stop` to 1 at `stop + ramp`.
 * Bounded by `speed`; 0 at the box and nearer; falls with the square of the distance.
 *
 * @param distance Of the centres on the table, in m.
 * @returns In m/s.
 */
export function pullSpeed(distance: number, { pull }: MagneticConfig): number {
  const ramp = Math.min(Math.max((distance - pull.stop) / pull.ramp, 0), 1);
  return pull.speed * ramp / (1 + (distance / pull.reach) ** 2);
}
