import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { csvParse } from "d3-dsv";
import { openStore } from "../../lib/store/open_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { main } from "../../tasks/compare.ts";
import { addMadeExecution, seedsFrom } from "../demo/made_executions.ts";

async function withFolder(
  fill: (store: Store) => Promise<void>,
  use: (
    compare: (...args: string[]) => Promise<{ code: number; text: string; file: string }>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const store = await openStore(join(folder, "store.sqlite"));
    await fill(store);
    await store.close();
    await use(async (...args) => {
      let [text, file] = ["", ""];
      const code = await main([...args, "--out", folder], {
        print: (line) => void (text += `${line}\n`),
        write: (part) => void (file += part),
      });
      return { code, text, file };
    }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const code = (commit: string) => ({ code: { version: `0.2.0+${commit}`, hash: commit } });

/** Three nights of one suite; the third one's code costs FCDL a tenth of its accuracy under the shift. */
async function nights(store: Store): Promise<void> {
  const seeds = seedsFrom(1, 8);
  await addMadeExecution(store, { id: "e1", seeds, fields: { startedAtMs: 1, ...code("aaaaaaaaaa") } });
  await addMadeExecution(store, { id: "e2", seeds, fields: { startedAtMs: 2, ...code("bbbbbbbbbb") } });
  await addMadeExecution(store, { id: "e3", seeds, shifted: 0.9, fields: { startedAtMs: 3, ...code("cccccccccc") } });
  await addMadeExecution(store, { id: "e4", seeds, failed: [3], fields: { startedAtMs: 4, ...code("dddddddddd") } });
}

Deno.test("compare finds a planted loss of a tenth, whatever names the two, and can fail on it", () =>
  withFolder(nights, async (compare, folder) => {
    const names: readonly (readonly string[])[] = [
      ["e2", "e3"],
      ["e2", "made"],
      ["0.2.0+bbbbbbbbbb", "cccccc"],
      ["e2", `${folder}/`],
      ["e2", join(folder, "store.sqlite")],
      ["--suite", "made"],
    ];
    for (const pair of names) {
      const { code, text } = await compare(...pair, "--fail-on-regression");
      equal(code, 1, pair.join(" "));
      match(
        text,
        /Worse: 1 of 8 judged numbers\nWorse: FCDL on chemical-fork, n = 2: prediction accuracy, one step from [\d.]+ to [\d.]+, by −9/i,
      );
      match(text, /FCDL +chemical-fork +n = 2 +Prediction accuracy.* worse\n/i);
      match(text, /before +e2 +made +1970-01-01 00:00 +0\.2\.0\+bbbbbbbbbb/);
      equal((await compare(...pair)).code, 0);
    }
    const same = await compare("e1", "e2", "--fail-on-regression");
    equal(same.code, 0);
    match(same.text, /No regression shown in 8 judged numbers/);
    match(same.text, /Speed: not measured of both codes/);
    // Better is told, too, and is no regression; a failed run's seed is left out of its pair.
    const back = await compare("e3", "e4", "--fail-on-regression");
    equal(back.code, 0, back.text);
    match(back.text, /Better: FCDL on chemical-fork, n = 2: prediction accuracy/i);
    match(back.text, /FCDL +chemical-fork +n = 2 +Prediction accuracy.* 7 pairs +better/i);
  }));

Deno.test("compare writes all rows as JSON and as CSV", () =>
  withFolder(nights, async (compare) => {
    const json = JSON.parse((await compare("e2", "e3", "--json")).file);
    equal(json.version, 1);
    const [{ before, after, worse, judged, rows, speed }] = json.comparisons;
    deepEqual([before.id, after.id, worse, judged, rows.length, speed], ["e2", "e3", 1, 8, 12, null]);
    const row = rows.find((each: { verdict: string }) => each.verdict === "worse");
    deepEqual([row.method, row.split, row.metric, row.difference.isPaired], [
      ...["fcdl", "n2", { name: "accuracy", qualifier: "" }, true],
    ]);
    const { file } = await compare("e2", "e3", "--csv");
    const lines: Partial<Record<string, string>>[] = csvParse(file);
    equal(lines.length, 12);
    deepEqual(
      lines.filter(({ verdict }) => verdict === "worse").map((line) => [line.method, line.split, line.paired]),
      [
        ["fcdl", "n2", "yes"],
      ],
    );
    deepEqual([...new Set(lines.filter(({ metric }) => metric === "nll").map(({ verdict }) => verdict))], [
      "not judged",
    ]);
  }));

Deno.test("compare judges speed of perf.csv beyond the machine's own noise", () =>
  withFolder(nights, async (compare, folder) => {
    const header =
      "time,code,machine,deno,backend,blas,kernels,method,variables,codes,batch,trained,metric,qualifier,value";
    const times = { bbbbbbbbbb: [50, 50.5, 49.8, 50.2], cccccccccc: [60, 60.6, 59.5, 60.1] };
    const lines = Object.entries(times).flatMap(([commit, values], side) =>
      values.map((value, i) =>
        `2026-11-2${side + 1}T0${i}:00:00Z,0.2.0+${commit},cpu,2.9.6,wasm,,simd,fcdl,10,0,256,0,update_ms,,${value}`
      )
    );
    await Deno.writeTextFile(join(folder, "perf.csv"), `${[header, ...lines].join("\r\n")}\r\n`);
    const { text } = await compare("e2", "e3");
    match(
      text,
      /fcdl; N 10, K 0, B 256; cpu; wasm; own kernel; simd +update_ms +\+19\.8 % +\+18\.4 % to \+21\.2 % +slower/,
    );
    const both = JSON.parse((await compare("e2", "e3", "--json")).file).comparisons[0];
    deepEqual([both.slower, both.speed.rows.length], [1, 1]);
    // The same the other way round is no regression of speed.
    equal((await compare("e3", "e2", "--fail-on-regression")).code, 0);
  }));

Deno.test("compare answers what it cannot compare with one sentence", () =>
  withFolder(async (store) => {
    await addMadeExecution(store, { id: "e1", seeds: [1, 2, 3] });
    await addMadeExecution(store, { id: "e2", suite: "other", seeds: [1], fields: { suite: "other" } });
  }, async (compare, folder) => {
    await rejects(compare("e1"), /two things are compared, expected <before> and <after>, or --suite .*, got e1$/);
    await rejects(
      compare("e1", "nope"),
      /Cannot compare "nope": unknown name, expected an execution's id, .* made, other,/,
    );
    await rejects(compare("--suite", "made"), /too few are complete, expected 2, got 1$/);
    await rejects(compare("e1", "e2", "--json", "--csv"), /--json and --csv exclude each other/);
    await rejects(compare(`${folder}/`, `${folder}/`), /no suite in common of which they are different executions/);
    await rejects(compare("e1", join(folder, "none/")), /there is no such file, expected an existing store, got none/);
    const few = await compare("e1", "e1");
    match(
      few.text,
      /Nothing is judged\nNo number is judged: return, success and accuracy need 5 seeds on either side\./,
    );
  }));
