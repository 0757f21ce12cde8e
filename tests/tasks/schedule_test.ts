import { deepEqual, equal, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { main } from "../../tasks/schedule.ts";

const example = fileURLToPath(new URL("../../bench.config.example.json", import.meta.url));
const now = Date.parse("2026-10-23T12:00Z");

async function printed(...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  await main(args, { print: (line) => void lines.push(line), now: () => now });
  return lines;
}

/** The sentence with which a file of this text is refused; it is called file.json there. */
async function refused(schedule: unknown): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ schedule }));
    let sentence = "";
    await rejects(printed("--dry-run", "--config", path), (error: Error) => {
      sentence = error.message.replace(path, "file.json");
      return true;
    });
    return sentence;
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("schedule --dry-run lists the next ten starts by the clocks of the zone and of UTC", async () => {
  const lines = await printed("--dry-run", "--config", example);
  equal(lines.length, 10);
  deepEqual(lines.slice(0, 4), [
    "2026-10-24 02:30 Europe/Berlin (2026-10-24 00:30 UTC)  nightly, suite quick, at most 60 min",
    "2026-10-24 06:00 Europe/Berlin (2026-10-24 04:00 UTC)  weekly, suite chemical-fork, methods fcdl,mlp, seeds 1-3, " +
    "at most 2400 min",
    "2026-10-25 02:30 Europe/Berlin (2026-10-25 00:30 UTC)  nightly, suite quick, at most 60 min",
    "2026-10-26 02:30 Europe/Berlin (2026-10-26 01:30 UTC)  nightly, suite quick, at most 60 min",
  ]);
});

Deno.test("schedule refuses a suite or a method that is not there, and says where it stands", async () => {
  const cron = "@daily";
  const unknown = await refused([{ suite: "quick", cron }, { suite: "chemcal", cron }]);
  equal(
    unknown.slice(0, unknown.indexOf(" smoke,")),
    'Cannot read schedule file.json, line 1, column 57: Cannot find suite "chemcal": unknown name, expected one of',
  );
  equal(
    await refused([{ suite: "smoke", cron, methods: ["mlp", "mpl"] }]),
    'Cannot read schedule file.json, line 1, column 64: Cannot find method "mpl": unknown name, expected one of fcdl, ' +
      'mlp, got "mpl"',
  );
});
