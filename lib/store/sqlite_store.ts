import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { metricText } from "../records/metric_id.ts";
import type { Metric, Origin } from "../records/run_records.ts";
import { messageOf } from "../core/errors.ts";
import { visible } from "../core/visible.ts";
import { checkMetrics } from "./check_metrics.ts";
import { bytesChecksum, metricChecksum, recordChecksum } from "./checksums.ts";
import type { Execution } from "../records/execution.ts";
import { SeriesNames } from "./series_names.ts";
import {
  addExecution,
  addRunsTo,
  isHeldNow,
  listExecutions,
  nowMs,
  removeExecutions,
  removing,
  type Statements,
  tagExecution,
  unnamedExecution,
} from "./sqlite_executions.ts";
import { importRuns } from "./sqlite_import.ts";
import { rollBackQuietly } from "./sqlite_migrate.ts";
import { openDatabase, type OpenedDatabase, sqliteError, type SqliteOptions } from "./sqlite_open.ts";
import {
  artifactOf,
  conditions,
  isSoundRun,
  jsonOrAbsent,
  jsonOrNull,
  parsed,
  type Row,
  runOf,
  text,
} from "./sqlite_rows.ts";
import {
  type Artifact,
  DamageError,
  type MetricQuery,
  type MetricRow,
  type NewRun,
  type Run,
  type RunFilter,
  type Store,
  type SuiteSummary,
} from "./store.ts";

/**
 * Opens the embedded store: one SQLite file that several processes may share.
 *
 * @param path The file; made with its folder if it is not there, unless `readOnly`.
 * @throws {Error} One sentence, if the file cannot be opened; see `openDatabase`.
 */
// deno-lint-ignore require-await -- A caller handles one kind of failure, a rejection, whatever the driver.
export async function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<Store> {
  return new SqliteStore(() => openDatabase(path, options));
}

/** Rows read at a time by a stream: no statement, and so no old snapshot, stays open between two of them. */
const streamedPage = 4096;

class SqliteStore implements Store {
  readonly #open: () => OpenedDatabase;
  #opened: OpenedDatabase;
  readonly #statements = new Map<string, StatementSync>();
  readonly #series = new SeriesNames();
  readonly #use: Statements = {
    rows: (sql, values) => this.#rows(sql, values),
    execute: (sql, values) => this.#execute(sql, values),
  };
  #isOpen = true;

  /** @param open Opens the database; called again where it can no longer see what the file holds. */
  constructor(open: () => OpenedDatabase) {
    this.#open = open;
    this.#opened = open();
  }

  get #database(): DatabaseSync {
    return this.#opened.database;
  }

  openExecution(suite: string, decide: Parameters<Store["openExecution"]>[1]): Promise<string> {
    return this.#write(`open an execution of suite ${suite}`, () => {
      const runs = this.#rows("SELECT * FROM runs WHERE suite = ? ORDER BY sequence", [suite]).map(runOf);
      const { execution, runs: added } = decide({ executions: listExecutions(this.#use, { suite }), runs });
      addExecution(this.#use, execution);
      addRunsTo(this.#use, added, execution.id);
      return execution.id;
    });
  }

  addRuns(runs: readonly NewRun[], options: Parameters<Store["addRuns"]>[1] = {}): Promise<readonly string[]> {
    return this.#write("add runs", () => {
      const executions = new Map<string, string>();
      for (const suite of new Set(runs.map((run) => run.suite))) {
        const execution = options.execution ?? unnamedExecution(this.#use, suite);
        addExecution(this.#use, execution);
        executions.set(suite, execution.id);
      }
      return runs.flatMap((run) => addRunsTo(this.#use, [run], executions.get(run.suite)!));
    });
  }

  importRuns(...[execution, runs]: Parameters<Store["importRuns"]>): Promise<void> {
    return this.#write(`import execution ${execution.id}`, () => importRuns(this.#use, { execution, runs }));
  }

  listExecutions(filter: { readonly suite?: string } = {}): Promise<readonly Execution[]> {
    return this.#read("list executions", () => listExecutions(this.#use, filter));
  }

  tagExecution(id: string, change: Parameters<Store["tagExecution"]>[1]): Promise<void> {
    return this.#write(`tag execution ${id}`, () => tagExecution(this.#use, { id, ...change }));
  }

  removeExecutions(ids: readonly string[], options: { readonly nowMs: number }): Promise<readonly string[]> {
    return this.#write("remove executions", () => removeExecutions(this.#use, ids, options));
  }

  getRun(id: string): Promise<Run | null> {
    return this.#read("read a run", () => {
      const row = this.#rows("SELECT * FROM runs WHERE id = ?", [id])[0];
      return row ? runOf(row) : null;
    });
  }

  listRuns({ suite, execution, status, changedAfter }: RunFilter = {}): Promise<readonly Run[]> {
    // Only the conditions that are asked for: "?1 IS NULL OR suite = ?1" would keep SQLite from its indexes.
    const where = conditions({
      "suite = ?": suite,
      "execution = ?": execution,
      "status IN (SELECT value FROM json_each(?))": jsonOrAbsent(status),
      "revision > ?": changedAfter,
    });
    return this.#read(
      "list runs",
      // The plus keeps SQLite from walking through all runs in order to find the few that changed.
      () => this.#rows(`SELECT * FROM runs ${where.sql} ORDER BY +sequence`, where.values).map(runOf),
    );
  }

  listSuites(): Promise<readonly SuiteSummary[]> {
    return this.#read("list suites", () =>
      this.#rows(
        `SELECT suite, (SELECT count(*) FROM executions WHERE executions.suite = runs.suite) AS executions,
           count(*) AS runs, max(updated_at_ms) AS updated_at_ms, max(revision) AS revision,
           sum(status = 'pending') AS pending, sum(status = 'running') AS running,
           sum(status = 'interrupted') AS interrupted, sum(status = 'done') AS done, sum(status = 'failed') AS failed
         FROM runs GROUP BY suite ORDER BY suite`,
      ).map((row) => ({
        suite: text(row.suite),
        executions: Number(row.executions),
        runs: Number(row.runs),
        byStatus: {
          pending: Number(row.pending),
          running: Number(row.running),
          interrupted: Number(row.interrupted),
          done: Number(row.done),
          failed: Number(row.failed),
        },
        updatedAtMs: Number(row.updated_at_ms),
        revision: Number(row.revision),
      })));
  }

  revision(): Promise<number> {
    return this.#read(
      "read the revision",
      () => Number(this.#rows("SELECT coalesce(max(revision), 0) AS revision FROM runs")[0]!.revision),
    );
  }

  claim(id: string, lease: Parameters<Store["claim"]>[1]): Promise<boolean> {
    return this.#write(`claim run ${id}`, () => {
      this.#sequenceOf(id);
      const { changes } = this.#execute(
        `UPDATE runs SET status = 'running', error = NULL, lease_worker = ?2, lease_until_ms = ?3 + ?4, lease_ms = ?4,
           updated_at_ms = ?3
         WHERE id = ?1 AND status <> 'done' AND NOT ${isHeldNow}`,
        [id, lease.worker, lease.nowMs, lease.leaseMs],
      );
      return changes > 0;
    });
  }

  heartbeat(id: string, beat: Parameters<Store["heartbeat"]>[1]): Promise<boolean> {
    return this.#write(`extend the lease of run ${id}`, () => {
      const { changes } = this.#execute(
        `UPDATE runs SET lease_until_ms = ?3 + ?4, lease_ms = ?4, updated_at_ms = ?3, progress = coalesce(?5, progress),
           elapsed_ms = coalesce(?6, elapsed_ms) WHERE id = ?1 AND lease_worker = ?2`,
        [id, beat.worker, beat.nowMs, beat.leaseMs, jsonOrNull(beat.progress), beat.elapsedMs ?? null],
      );
      return changes > 0;
    });
  }

  finish(id: string, end: Parameters<Store["finish"]>[1]): Promise<boolean> {
    return this.#writeLeased(`finish run ${id}`, { id, worker: end.worker }, (run) => {
      for (const name of end.discard ?? []) {
        this.#execute("DELETE FROM artifacts WHERE run = ? AND name = ?", [run, name]);
      }
      this.#execute(
        `UPDATE runs SET status = ?2, error = ?3, elapsed_ms = ?4, updated_at_ms = ?5, lease_worker = NULL,
           lease_until_ms = NULL, lease_ms = NULL WHERE sequence = ?1`,
        [run, end.status, end.status === "done" ? null : end.error ?? null, end.elapsedMs, end.nowMs],
      );
    });
  }

  recordOrigin(id: string, { worker, fromLoop, provenance }: Parameters<Store["recordOrigin"]>[1]): Promise<boolean> {
    return this.#writeLeased(`record the origin of run ${id}`, { id, worker }, (run) => {
      const known = parsed<readonly Origin[]>(
        this.#rows("SELECT origins FROM runs WHERE sequence = ?", [run])[0]!.origins,
      );
      const kept = known!.filter((origin) => origin.fromLoop < fromLoop);
      const isNew = JSON.stringify(kept.at(-1)?.provenance) !== JSON.stringify(provenance);
      this.#execute(`UPDATE runs SET origins = ?2, updated_at_ms = ${nowMs} WHERE sequence = ?1`, [
        run,
        JSON.stringify(isNew ? [...kept, { fromLoop, provenance }] : kept),
      ]);
    });
  }

  resetRuns(ids: readonly string[], options: { readonly nowMs: number }): Promise<readonly string[]> {
    return this.#write("reset runs", () => {
      const runs = ids.map((id) => this.#sequenceOf(id));
      const held = this.#rows(
        `SELECT id FROM runs WHERE sequence IN (SELECT value FROM json_each(?1)) AND ${isHeldNow}`,
        [JSON.stringify(runs), null, options.nowMs],
      ).map((row) => text(row.id));
      if (held.length > 0) return held;
      for (const run of runs) {
        this.#execute("DELETE FROM metrics WHERE run = ?", [run]);
        this.#execute("DELETE FROM artifacts WHERE run = ?", [run]);
        if (!isSoundRun(this.#rows("SELECT * FROM runs WHERE sequence = ?", [run])[0]!)) {
          removing(this.#use, () => this.#execute("DELETE FROM runs WHERE sequence = ?", [run]));
          continue;
        }
        this.#execute(
          `UPDATE runs SET status = 'pending', error = NULL, progress = NULL, origins = '[]', elapsed_ms = 0,
             lease_worker = NULL, lease_until_ms = NULL, lease_ms = NULL, updated_at_ms = ?2 WHERE sequence = ?1`,
          [run, options.nowMs],
        );
      }
      return [];
    });
  }

  recordMetrics(runId: string, metrics: readonly Metric[], { worker }: { readonly worker: string }): Promise<boolean> {
    return this.#writeLeased(`record metrics of run ${runId}`, { id: runId, worker }, (run) => {
      checkMetrics(metrics);
      if (metrics.length === 0) return;
      for (const metric of metrics) {
        this.#execute(
          `INSERT INTO metrics (run, split, name, qualifier, updates, env_steps, value, elapsed_ms, checksum)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,
             elapsed_ms = excluded.elapsed_ms, checksum = excluded.checksum`,
          [
            ...[run, metric.split, metric.name, metric.qualifier],
            ...[metric.updates, metric.envSteps, metric.value, metric.elapsedMs],
            metricChecksum(run, metric),
          ],
        );
      }
      this.#execute(`UPDATE runs SET updated_at_ms = ${nowMs} WHERE sequence = ?`, [run]);
    });
  }

  queryMetrics(query: MetricQuery): Promise<readonly MetricRow[]> {
    return this.#read("read metrics", () => {
      const rows: MetricRow[] = [];
      for (const run of this.#matchingRuns(query)) {
        // One at a time: spreading a run of 100,000 rows would overflow the stack.
        for (const row of this.#metricsPage(query, { run, limit: -1, after: null }).rows) rows.push(row);
      }
      return rows;
    });
  }

  async *streamMetrics(query: MetricQuery): AsyncIterable<MetricRow> {
    for (const run of await this.#read("read metrics", () => this.#matchingRuns(query))) {
      let after: Metric | null = null;
      do {
        const page: MetricsPage = await this.#read(
          "read metrics",
          () => this.#metricsPage(query, { run, limit: streamedPage, after }),
        );
        yield* page.rows;
        after = page.next;
      } while (after);
    }
  }

  putArtifact(runId: string, artifact: Parameters<Store["putArtifact"]>[1]): Promise<boolean> {
    return this.#writeLeased(
      `store ${artifact.name} of run ${runId}`,
      { id: runId, worker: artifact.worker },
      (run) => {
        this.#execute(
          `INSERT INTO artifacts (run, name, content_type, bytes, updated_at_ms, checksum) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET content_type = excluded.content_type, bytes = excluded.bytes,
             updated_at_ms = excluded.updated_at_ms, checksum = excluded.checksum`,
          [
            ...[run, artifact.name, artifact.contentType, artifact.bytes, artifact.nowMs],
            bytesChecksum(artifact.bytes),
          ],
        );
      },
    );
  }

  getArtifact(runId: string, name: string): Promise<Artifact | null> {
    return this.#read(`read ${name} of run ${runId}`, () => {
      const row = this.#rows(
        `SELECT name, content_type, artifacts.updated_at_ms, bytes, artifacts.checksum FROM artifacts
         JOIN runs ON sequence = run WHERE id = ? AND name = ?`,
        [runId, name],
      )[0];
      if (!row) return null;
      const bytes = row.bytes as Uint8Array;
      if (row.checksum !== null && Number(row.checksum) !== bytesChecksum(bytes)) {
        throw new DamageError(
          `its ${bytes.length} bytes are damaged, expected those that were written, with checksum ${row.checksum}, ` +
            `got ${bytesChecksum(bytes)}`,
        );
      }
      return { ...artifactOf(row), bytes };
    });
  }

  listArtifacts(runId: string): Promise<readonly Omit<Artifact, "bytes">[]> {
    return this.#read(`list the artifacts of run ${runId}`, () =>
      this.#rows(
        `SELECT name, content_type, artifacts.updated_at_ms FROM artifacts
         JOIN runs ON sequence = run WHERE id = ? ORDER BY name`,
        [runId],
      ).map(artifactOf));
  }

  // deno-lint-ignore require-await -- The port's methods are asynchronous.
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    this.#opened.close();
  }

  /** Runs of a query, in order of creation. */
  #matchingRuns(query: MetricQuery): { readonly id: string; readonly sequence: number }[] {
    const where = conditions({
      "suite = ?": query.suite,
      "execution = ?": query.execution,
      "id IN (SELECT value FROM json_each(?))": jsonOrAbsent(query.runIds),
    });
    return this.#rows(`SELECT id, sequence FROM runs ${where.sql} ORDER BY sequence`, where.values)
      .map((row) => ({ id: text(row.id), sequence: Number(row.sequence) }));
  }

  /** Rows of one run by split, name, qualifier, updates, envSteps: the order of the tables, so nothing is sorted. */
  #metricsPage(
    query: MetricQuery,
    page: {
      readonly run: { readonly id: string; readonly sequence: number };
      readonly limit: number;
      readonly after: Metric | null;
    },
  ): MetricsPage {
    const { run, limit } = page;
    const damaged: string[] = [];
    const rows: MetricRow[] = [];
    let last: MetricRow | null = null;
    try {
      const stored = this.#storedMetrics(query, page);
      for (const row of stored) {
        // By index: destructuring goes through iterators, which takes as long as reading the rows.
        const series = this.#series.of(row[0] as string, { name: row[1] as string, qualifier: row[2] as string });
        last = {
          runId: run.id,
          envSteps: row[4] as number,
          updates: row[3] as number,
          split: series.split,
          name: series.name,
          qualifier: series.qualifier,
          value: row[5] as number | null,
          elapsedMs: row[6] as number,
        };
        if (row[7] === null || row[7] === recordChecksum({ run: run.sequence, series: series.sum }, last)) {
          rows.push(last);
        } else damaged.push(`${metricText(last)} of split ${last.split} at update ${last.updates}`);
      }
      if (stored.length !== limit) last = null;
    } catch (error) {
      if (!/malformed|corrupt/.test(messageOf(error))) throw error;
      damaged.push("a page of the file");
      last = null;
    }
    if (damaged.length > 0) tellDamage(query, { runId: run.id, damaged });
    return { rows, next: last };
  }

  #storedMetrics(
    query: MetricQuery,
    { run, limit, after }: {
      readonly run: { readonly sequence: number };
      readonly limit: number;
      readonly after: Metric | null;
    },
  ): SQLOutputValue[][] {
    const where = conditions({
      "run = ?": run.sequence,
      "split IN (SELECT value FROM json_each(?))": jsonOrAbsent(query.splits),
      "(name, qualifier) IN (SELECT value ->> 'name', value ->> 'qualifier' FROM json_each(?))": jsonOrAbsent(
        query.metrics,
      ),
    });
    const isChosen = query.metrics !== undefined || query.splits !== undefined;
    // Finals know which series there are: those asked for are sought, and the others' records never read.
    const from = query.last
      ? "finals AS records"
      : isChosen
      ? "finals AS series CROSS JOIN metrics AS records USING (run, split, name, qualifier)"
      : "metrics AS records";
    const paging = after ? [after.split, after.name, after.qualifier, after.updates, after.envSteps] : [];
    // Integers as floating-point numbers: a damaged one need not be an integer that JavaScript has.
    return this.#arrays(
      `SELECT split, name, qualifier, CAST(records.updates AS REAL), CAST(records.env_steps AS REAL), records.value,
         records.elapsed_ms, CAST(records.checksum AS REAL) FROM ${from} ${where.sql}
       ${after ? `AND (split, name, qualifier, records.updates, records.env_steps) > (?, ?, ?, ?, ?)` : ""}
       ORDER BY split, name, qualifier, records.updates, records.env_steps LIMIT ?`,
      [...where.values, ...paging, limit],
    );
  }

  #sequenceOf(id: string): number {
    const row = this.#rows("SELECT sequence FROM runs WHERE id = ?", [id])[0];
    if (!row) throw new RangeError(`there is no such run, expected the id of a run in the store, got "${id}"`);
    return Number(row.sequence);
  }

  #rows(sql: string, values: readonly SQLInputValue[] = []): Row[] {
    const statement = this.#prepared(sql);
    // An integer that JavaScript's numbers lack, as damage may leave it, would keep all rows from being read.
    statement.setReadBigInts(true);
    return statement.all(...values);
  }

  /** Rows as arrays: a third of the time of objects, for reading many. */
  #arrays(sql: string, values: readonly SQLInputValue[]): SQLOutputValue[][] {
    // The type that comes with Deno does not know this method of Node's yet.
    const statement = this.#prepared(sql) as StatementSync & { setReturnArrays(enabled: boolean): void };
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as SQLOutputValue[][];
  }

  #execute(sql: string, values: readonly SQLInputValue[]): { readonly changes: number } {
    return { changes: Number(this.#prepared(sql).run(...values).changes) };
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** One consistent view: all that `work` reads is of one moment. */
  async #read<Value>(what: string, work: () => Value): Promise<Value> {
    for (let tries = 1;; tries++) {
      if (this.#isOpen && this.#opened.isStale()) this.#reopen();
      const value = await this.#transaction(what, { begin: "BEGIN", work });
      // What was read while somebody wrote is of no one moment where SQLite cannot see the writer.
      if (tries === 3 || !this.#opened.isStale()) return value;
    }
  }

  #reopen(): void {
    this.#statements.clear();
    this.#opened.close();
    this.#opened = this.#open();
  }

  /** All or nothing, and on disk before the promise resolves. IMMEDIATE: what it reads cannot change before it writes. */
  #write<Value>(what: string, work: () => Value): Promise<Value> {
    return this.#transaction(what, { begin: "BEGIN IMMEDIATE", work });
  }

  /** A write that happens only while the worker has the run's lease; false where it has not. */
  #writeLeased(
    what: string,
    { id, worker }: { readonly id: string; readonly worker: string },
    work: (sequence: number) => void,
  ): Promise<boolean> {
    return this.#write(what, () => {
      const sequence = this.#sequenceOf(id);
      const isOurs =
        this.#rows("SELECT 1 FROM runs WHERE sequence = ? AND lease_worker = ?", [sequence, worker]).length;
      if (isOurs === 0) return false;
      work(sequence);
      return true;
    });
  }

  // deno-lint-ignore require-await -- A failure must be a rejection.
  async #transaction<Value>(
    what: string,
    { begin, work }: { readonly begin: string; readonly work: () => Value },
  ): Promise<Value> {
    try {
      if (!this.#isOpen) throw new Error("the store is closed, expected an open store, got a closed one");
      this.#database.exec(begin);
      try {
        const value = work();
        this.#database.exec("COMMIT");
        return value;
      } catch (error) {
        rollBackQuietly(this.#database);
        throw error;
      }
    } catch (error) {
      throw sqliteError(`Cannot ${what}`, error);
    }
  }
}

/** Some rows, and where to go on; null at the end. */
interface MetricsPage {
  readonly rows: readonly MetricRow[];
  readonly next: Metric | null;
}

function tellDamage(
  query: MetricQuery,
  { runId, damaged }: { readonly runId: string; readonly damaged: readonly string[] },
): void {
  const more = damaged.length > 1 ? ` and ${damaged.length - 1} more` : "";
  const reason = `records of run ${runId} are damaged, expected what was written, got other content in ` +
    `${visible(damaged[0]!)}${more}`;
  if (!query.onDamage) throw new DamageError(reason);
  query.onDamage({ runId, sentence: `Cannot read metrics: ${reason}` });
}
