import { deepEqual, equal, match, ok } from "node:assert/strict";
import { parsePerfRecords, perfMeasurements } from "../../lib/records/perf_records.ts";
import { buildPerf } from "../../reports/build/perf.ts";
import { speedSteps } from "../../reports/build/speed_steps.ts";
import { demoPerfCsv } from "./perf_demo.ts";

/** Ten measurements in which an update of FCDL takes these times. */
function csv(times: readonly number[]): string {
  return times.map((time, i) =>
    demoPerfCsv(`2026-11-${10 + i}T02:30:00.000Z`).split("\r\n").slice(i === 0 ? 0 : 1)
      .map((line) => line.replace(/update_ms,,100$/, `update_ms,,${time}`).replace("0.1.0+abc", `0.2.0+${i}`)).join(
        "\r\n",
      )
  ).join("");
}

const noise = [50.3, 49.8, 50.1, 50.6, 49.5];

Deno.test("an update slowed by a fifth is a step in times at its measurement, and noise is none", () => {
  const slowed = csv([...noise, ...noise.map((time) => 1.2 * time)]);
  const records = parsePerfRecords(slowed);
  const steps = speedSteps(perfMeasurements(records)).filter(({ what }) => what === "update_ms");
  deepEqual(steps.map(({ method, at }) => [method, at.code]), [["fcdl", "0.2.0+5"]]);
  ok(Math.abs(steps[0]!.afterMs / steps[0]!.beforeMs - 1.2) < 1e-9);
  match(
    JSON.stringify(buildPerf(records)),
    /FCDL, an update: 50\.1 to 60\.1 ms \(\+20 %\) from 2026-11-15 02:30 on, code 0\.2\.0\+5;/,
  );
  const quiet = parsePerfRecords(csv([...noise, ...noise.toReversed()]));
  deepEqual(speedSteps(perfMeasurements(quiet)), []);
  equal(JSON.stringify(buildPerf(quiet)).includes("speed-steps"), false);
});
