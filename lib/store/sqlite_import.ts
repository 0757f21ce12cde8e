import type { NewExecution } from "../records/execution.ts";
import { visible } from "../core/visible.ts";
import { checkMetrics } from "./check_metrics.ts";
import { bytesChecksum, metricChecksum, runChecksum } from "./checksums.ts";
import { addExecution, addRunsTo, type Statements, tagExecution } from "./sqlite_executions.ts";
import { jsonOrNull } from "./sqlite_rows.ts";
import type { ImportedRun } from "./store.ts";

/** Takes runs over, inside of a transaction. */
export function importRuns(
  statements: Statements,
  { execution, runs }: {
    readonly execution: NewExecution & { readonly tags: readonly string[] };
    readonly runs: readonly ImportedRun[];
  },
): void {
  addExecution(statements, execution);
  for (const imported of runs) importRun(statements, { execution, imported });
  if (execution.tags.length > 0) tagExecution(statements, { id: execution.id, add: execution.tags });
}

function importRun(
  statements: Statements,
  { execution, imported }: { readonly execution: NewExecution; readonly imported: ImportedRun },
): void {
  const { rows, execute } = statements;
  const { run, metrics, artifacts, replaces } = imported;
  const stored = rows("SELECT sequence, revision FROM runs WHERE id = ?", [run.id])[0];
  if ((stored ? Number(stored.revision) : null) !== replaces) {
    throw new RangeError(`run ${visible(run.id)} was changed meanwhile, expected a store that rests, got a change`);
  }
  if (!stored) addRunsTo(statements, [{ ...run, suite: execution.suite }], execution.id);
  const sequence = Number((stored ?? rows("SELECT sequence FROM runs WHERE id = ?", [run.id])[0]!).sequence);
  execute("DELETE FROM metrics WHERE run = ?", [sequence]);
  execute("DELETE FROM artifacts WHERE run = ?", [sequence]);
  checkMetrics(metrics);
  for (const metric of metrics) {
    execute(
      `INSERT INTO metrics (run, split, name, qualifier, updates, env_steps, value, elapsed_ms, checksum)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        ...[sequence, metric.split, metric.name, metric.qualifier],
        ...[metric.updates, metric.envSteps, metric.value, metric.elapsedMs],
        metricChecksum(sequence, metric),
      ],
    );
  }
  for (const { name, contentType, bytes, updatedAtMs } of artifacts) {
    execute(
      "INSERT INTO artifacts (run, name, content_type, bytes, updated_at_ms, checksum) VALUES (?, ?, ?, ?, ?, ?)",
      [sequence, name, contentType, bytes, updatedAtMs, bytesChecksum(bytes)],
    );
  }
  const spec = JSON.stringify(run.spec);
  const { suite, id } = execution;
  execute(
    `UPDATE runs SET suite = ?2, execution = ?3, environment = ?4, method = ?5, seed = ?6, spec = ?7, checksum = ?8,
       status = ?9, error = ?10, progress = ?11, origins = ?12, created_at_ms = ?13, updated_at_ms = ?14,
       elapsed_ms = ?15, lease_worker = NULL, lease_until_ms = NULL, lease_ms = NULL WHERE sequence = ?1`,
    [
      ...[sequence, suite, id, run.environment, run.method, run.seed, spec],
      runChecksum({ ...run, suite, execution: id, spec }),
      ...[run.status, run.error, jsonOrNull(run.progress ?? undefined), JSON.stringify(run.origins)],
      ...[run.createdAtMs, run.updatedAtMs, run.elapsedMs],
    ],
  );
}
