import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSuite, runSuite } from "../../lib/bench/mod.ts";
import { messageOf } from "../../lib/core/errors.ts";
import { openStore } from "../../lib/store/open_store.ts";
import { type CheckRow, row } from "./check_row.ts";

/** Trains one run of the smoke suite as bench does, in a folder that is removed again. */
export async function checkTraining(
  method: string,
  { engine, limitMs, clock }: { readonly engine: string; readonly limitMs: number; readonly clock: () => number },
): Promise<readonly CheckRow[]> {
  const part = { section: "training", engine, item: `${method}, smoke suite` };
  if (limitMs < 1000) return [row({ ...part, metric: "done", note: "not run: there was no time left" })];
  const folder = await mkdtemp(join(tmpdir(), "fcdl-gpu-check-"));
  const startMs = clock();
  const limit = AbortSignal.timeout(limitMs);
  try {
    const location = join(folder, "store.sqlite");
    const { suite } = await readSuite("smoke");
    const { left, problems } = await runSuite(suite, {
      ...{ location, backend: engine, methods: [method], seeds: [1], workers: 1, stop: limit },
    });
    const store = await openStore(location, { readOnly: true });
    try {
      const metrics = [{ name: "return", qualifier: "" }, { name: "accuracy", qualifier: "" }];
      const found = await store.queryMetrics({ metrics, last: true });
      const problem = problems.map(({ error }) => error).join("; ");
      return [
        row({
          ...part,
          metric: "done",
          value: left.length === 0 ? "yes" : "no",
          note: problem !== "" ? problem : limit.aborted ? `ended after ${Math.round(limitMs / 1000)} s` : "",
        }),
        row({ ...part, metric: "time", value: (clock() - startMs) / 1000, unit: "s" }),
        ...found.map(({ name, split, value }) =>
          row({ ...part, metric: `${name}${split ? ` on ${split}` : ""}`, value })
        ),
      ];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [row({ ...part, metric: "done", value: "no", note: messageOf(error) })];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
