import type { Damage, MetricQuery, MetricRow, Run, StoreReader } from "../../lib/store/store.ts";

/** Records that are what was written, and a sentence for each run that has others. */
export interface SoundRecords {
  readonly rows: readonly MetricRow[];
  readonly damage: ReadonlyMap<string, string>;
}

/**
 * Reads records for tables and charts. A run with damaged ones is left out whole: what is left of it would be told as
 * if it were all.
 */
export async function readSoundRuns(store: StoreReader, query: MetricQuery): Promise<SoundRecords> {
  const damage = new Map<string, string>();
  const rows = await store.queryMetrics({ ...query, onDamage: noteIn(damage) });
  return { rows: damage.size === 0 ? rows : rows.filter((row) => !damage.has(row.runId)), damage };
}

/** Takes down what a reading tells of damage; the first sentence of a run counts. */
export function noteIn(damage: Map<string, string>): (told: Damage) => void {
  return ({ runId, sentence }) => {
    if (!damage.has(runId)) damage.set(runId, sentence);
  };
}

/** A run as reports count it: one whose records are damaged has failed, and says why. */
export function seenWith(damage: ReadonlyMap<string, string>, run: Run): Run {
  const sentence = damage.get(run.id);
  return sentence === undefined ? run : { ...run, status: "failed", error: sentence };
}
