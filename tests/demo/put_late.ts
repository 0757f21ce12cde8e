import { ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../lib/store/store.ts";

/**
 * Puts JSON text into a run that is over, which no worker may do: the test takes the lease behind the store's back.
 *
 * @param demo An SQLite store and its file.
 */
export async function putLate(
  { store, path }: { readonly store: Store; readonly path: string },
  { runId, name, text }: { readonly runId: string; readonly name: string; readonly text: string },
): Promise<void> {
  const database = new DatabaseSync(path);
  const hold = database.prepare("UPDATE runs SET lease_worker = ? WHERE id = ?");
  hold.run("late", runId);
  const bytes = new TextEncoder().encode(text);
  ok(await store.putArtifact(runId, { name, contentType: "application/json", bytes, worker: "late", nowMs: 0 }));
  hold.run(null, runId);
  database.close();
}
