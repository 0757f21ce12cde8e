import type { ObservationShift } from "../environment.ts";

/** One shift after the other, with the same source of draws; null if there is none. */
export function shiftsInOrder(shifts: readonly (ObservationShift | null)[]): ObservationShift | null {
  const present = shifts.filter((shift) => shift !== null);
  if (present.length < 2) return present[0] ?? null;
  return {
    variables: [...new Set(present.flatMap((shift) => shift.variables))],
    description: present.map((shift) => shift.description).join("; "),
    apply: (encoded, rng) => present.reduce((seen, shift) => shift.apply(seen, rng), encoded),
  };
}
