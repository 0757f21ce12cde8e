import { deepEqual, equal, ok } from "node:assert/strict";
import { Rng } from "../../../lib/core/rng.ts";
import { compareSpeed, type MeasuredTime } from "../../../lib/metrics/comparison/mod.ts";

/** Sessions of one code: each has a mood of its own, which all cases share. */
function measured(
  rng: Rng,
  { sessions, name, slowed }: { readonly sessions: number; readonly name: string; readonly slowed?: string },
): MeasuredTime[] {
  return Array.from({ length: sessions }, (_, s) => {
    const mood = 0.02 * rng.normal();
    return ["fcdl", "mlp", "cdl"].flatMap((method) =>
      ["update_ms", "loop_ms"].map((metric, m): MeasuredTime => ({
        ...{ case: method, metric, session: `${name} ${s}` },
        time: (method === slowed ? 1.2 : 1) * (m + 1) * 40 * Math.exp(mood + 0.02 * rng.normal()),
      }))
    );
  }).flat();
}

Deno.test("compareSpeed finds a kernel slowed by 20 %, and names no other case", () => {
  let found = 0;
  let others = 0;
  let falsely = 0;
  for (let i = 0; i < 200; i++) {
    const rng = new Rng(i);
    const before = measured(rng, { sessions: 4, name: "a" });
    const { rows } = compareSpeed(before, measured(rng, { sessions: 3, name: "b", slowed: "fcdl" }));
    const slower = rows.filter(({ verdict }) => verdict === "slower");
    if (slower.filter((row) => row.case === "fcdl").length === 2) found++;
    if (slower.some((row) => row.case !== "fcdl")) others++;
    const same = compareSpeed(before, measured(rng, { sessions: 3, name: "c" }));
    if (same.rows.some(({ verdict }) => verdict === "slower")) falsely++;
  }
  ok(found >= 190 && others <= 10 && falsely <= 10, `${found} found, ${others} others, ${falsely} of 200 falsely`);
});

Deno.test("compareSpeed says factor, noise and interval, and judges nothing where the noise is unknown", () => {
  const time = (session: string, ms: number): MeasuredTime => ({ case: "x", metric: "update_ms", session, time: ms });
  const once = compareSpeed([time("1", 10)], [time("2", 13)]);
  deepEqual(once.rows.map(({ verdict, low, factor }) => [verdict, low, factor.toFixed(3)]), [[
    "not judged",
    null,
    "1.300",
  ]]);
  equal(once.noise, null);
  const { rows: [row], noise, degrees } = compareSpeed(
    [time("1", 10), time("2", 10.2), time("3", 9.8)],
    [time("4", 13), time("5", 13.1), time("6", 12.9)],
  );
  deepEqual([row?.verdict, degrees, row?.before.sessions], ["slower", 4, 3]);
  ok(Math.abs(noise! - 0.0152) < 0.001, String(noise));
  ok(row!.low! > 1.2 && row!.high! < 1.4);
  // Another machine's times are another case.
  deepEqual(compareSpeed([time("1", 10)], [{ ...time("2", 10), case: "y" }]).rows, []);
});
