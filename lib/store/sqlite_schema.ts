/** Marks a SQLite file as one of ours: the letters FCDL as a big-endian integer (`PRAGMA application_id`). */
export const applicationId = 0x4643444c;

/**
 * The steps from an empty file to the present schema; `PRAGMA user_version` counts those already taken. A step that
 * has been released is never edited: a change is a new step at the end.
 *
 * `runs.sequence` is the order of creation. The key of `metrics` starts with what queries fix (run, split, metric), so
 * that a series is one stretch of the table and needs no second index. `artifacts.bytes` is the last column, so that
 * listing does not read it.
 *
 * `finals` holds the last record of each series, a copy that triggers keep: reading the results of a suite costs what
 * it has of series, however often it was evaluated. `runs.revision` grows with every change of a run, of its metrics
 * (whose every recording touches the run) or of its artifacts; the largest one is the store's change counter. Triggers
 * too, so that no statement can forget either. `runs_overview` answers what lists of suites ask without reading specs.
 *
 * `checksum` columns say whether a row is what was written (see `checksums.ts`; null, from a program older than they
 * are: not known). Ids of runs begin with a letter, for programs that take 04e1990152113312 for a number; older ones
 * get theirs here. A step may use the functions `run_checksum`, `metric_checksum` (before qualifiers),
 * `record_checksum` and `bytes_checksum`.
 *
 * A metric's qualifier (a variable, a context) stood behind a slash in its name, a number of steps behind `_t`; the fifth
 * step gives it a column. A row whose checksum was wrong keeps a wrong one.
 *
 * An execution keeps what it was begun as in `origin` (JSON, see `ExecutionOrigin`); where it stands is told from its
 * runs, by an index that covers what is asked. Before there were executions a suite's runs stood in one table whatever
 * made them: the last step makes one execution a suite of them, which is of the code of the run that changed last. Its
 * functions are `execution_id`, `execution_origin`, `execution_checksum` and `owned_run_checksum`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    suite TEXT NOT NULL,
    environment TEXT NOT NULL,
    method TEXT NOT NULL,
    seed INTEGER NOT NULL,
    spec TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending'
      CHECK (status IN ('pending', 'running', 'interrupted', 'done', 'failed')),
    error TEXT,
    progress TEXT,
    provenance TEXT,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    elapsed_ms REAL NOT NULL DEFAULT 0,
    lease_worker TEXT,
    lease_until_ms INTEGER
  ) STRICT;
  CREATE INDEX runs_by_suite ON runs (suite, status);

  CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    split TEXT NOT NULL,
    metric TEXT NOT NULL,
    updates INTEGER NOT NULL,
    env_steps INTEGER NOT NULL,
    value REAL,
    elapsed_ms REAL NOT NULL,
    PRIMARY KEY (run, split, metric, updates, env_steps)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE artifacts (
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (run, name)
  ) STRICT;
  `,
  `
  CREATE TABLE finals (
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    split TEXT NOT NULL,
    metric TEXT NOT NULL,
    updates INTEGER NOT NULL,
    env_steps INTEGER NOT NULL,
    value REAL,
    elapsed_ms REAL NOT NULL,
    PRIMARY KEY (run, split, metric)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO finals
  SELECT last.run, last.split, last.metric, last.updates, last.env_steps, last.value, last.elapsed_ms
  FROM (SELECT run, split, metric, max(updates) AS updates FROM metrics GROUP BY run, split, metric) AS series
  JOIN metrics AS last ON last.run = series.run AND last.split = series.split AND last.metric = series.metric
    AND last.updates = series.updates AND last.env_steps = (
      SELECT max(env_steps) FROM metrics AS tied WHERE tied.run = series.run AND tied.split = series.split
        AND tied.metric = series.metric AND tied.updates = series.updates
    );

  CREATE TRIGGER metrics_added AFTER INSERT ON metrics BEGIN
    INSERT INTO finals (run, split, metric, updates, env_steps, value, elapsed_ms)
    VALUES (new.run, new.split, new.metric, new.updates, new.env_steps, new.value, new.elapsed_ms)
    ON CONFLICT DO UPDATE SET updates = excluded.updates, env_steps = excluded.env_steps, value = excluded.value,
      elapsed_ms = excluded.elapsed_ms
    WHERE (excluded.updates, excluded.env_steps) >= (updates, env_steps);
  END;
  CREATE TRIGGER metrics_replaced AFTER UPDATE ON metrics BEGIN
    UPDATE finals SET value = new.value, elapsed_ms = new.elapsed_ms
    WHERE run = new.run AND split = new.split AND metric = new.metric
      AND (updates, env_steps) = (new.updates, new.env_steps);
  END;
  CREATE TRIGGER metrics_removed AFTER DELETE ON metrics BEGIN
    DELETE FROM finals WHERE run = old.run AND split = old.split AND metric = old.metric
      AND (updates, env_steps) = (old.updates, old.env_steps);
    INSERT INTO finals (run, split, metric, updates, env_steps, value, elapsed_ms)
    SELECT run, split, metric, updates, env_steps, value, elapsed_ms FROM metrics
    WHERE run = old.run AND split = old.split AND metric = old.metric ORDER BY updates DESC, env_steps DESC LIMIT 1
    ON CONFLICT DO NOTHING;
  END;

  ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  UPDATE runs SET revision = sequence;
  CREATE INDEX runs_by_revision ON runs (revision);
  CREATE TRIGGER runs_added AFTER INSERT ON runs BEGIN
    UPDATE runs SET revision = (SELECT max(revision) FROM runs) + 1 WHERE sequence = new.sequence;
  END;
  CREATE TRIGGER runs_changed AFTER UPDATE ON runs WHEN new.revision = old.revision BEGIN
    UPDATE runs SET revision = (SELECT max(revision) FROM runs) + 1 WHERE sequence = new.sequence;
  END;
  CREATE TRIGGER artifacts_added AFTER INSERT ON artifacts BEGIN
    UPDATE runs SET revision = (SELECT max(revision) FROM runs) + 1 WHERE sequence = new.run;
  END;
  CREATE TRIGGER artifacts_replaced AFTER UPDATE ON artifacts BEGIN
    UPDATE runs SET revision = (SELECT max(revision) FROM runs) + 1 WHERE sequence = new.run;
  END;
  CREATE TRIGGER artifacts_removed AFTER DELETE ON artifacts BEGIN
    UPDATE runs SET revision = (SELECT max(revision) FROM runs) + 1 WHERE sequence = old.run;
  END;

  DROP INDEX runs_by_suite;
  CREATE INDEX runs_overview ON runs (suite, status, updated_at_ms, revision);
  CREATE INDEX runs_by_status ON runs (status);
  `,
  // A lease's own length tells one that a wrong clock gave; origins keep what every stretch of a run was made with.
  `
  ALTER TABLE runs ADD COLUMN lease_ms INTEGER;
  ALTER TABLE runs ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';
  UPDATE runs SET origins = json_array(json_object('fromLoop', 0, 'provenance', json(provenance)))
  WHERE json_valid(provenance);
  ALTER TABLE runs DROP COLUMN provenance;
  `,
  `
  UPDATE runs SET id = 'r' || id WHERE length(id) = 16 AND id NOT GLOB '*[^0-9a-f]*';
  ALTER TABLE runs ADD COLUMN checksum INTEGER;
  UPDATE runs SET checksum = run_checksum(id, suite, environment, method, seed, spec);

  ALTER TABLE artifacts ADD COLUMN checksum INTEGER;
  UPDATE artifacts SET checksum = bytes_checksum(bytes);

  DROP TRIGGER metrics_added;
  DROP TRIGGER metrics_replaced;
  DROP TRIGGER metrics_removed;
  ALTER TABLE metrics ADD COLUMN checksum INTEGER;
  ALTER TABLE finals ADD COLUMN checksum INTEGER;
  UPDATE metrics SET checksum = metric_checksum(run, split, metric, updates, env_steps, value, elapsed_ms);
  UPDATE finals SET checksum = metric_checksum(run, split, metric, updates, env_steps, value, elapsed_ms);
  CREATE TRIGGER metrics_added AFTER INSERT ON metrics BEGIN
    INSERT INTO finals (run, split, metric, updates, env_steps, value, elapsed_ms, checksum)
    VALUES (new.run, new.split, new.metric, new.updates, new.env_steps, new.value, new.elapsed_ms, new.checksum)
    ON CONFLICT DO UPDATE SET updates = excluded.updates, env_steps = excluded.env_steps, value = excluded.value,
      elapsed_ms = excluded.elapsed_ms, checksum = excluded.checksum
    WHERE (excluded.updates, excluded.env_steps) >= (updates, env_steps);
  END;
  CREATE TRIGGER metrics_replaced AFTER UPDATE ON metrics BEGIN
    UPDATE finals SET value = new.value, elapsed_ms = new.elapsed_ms, checksum = new.checksum
    WHERE run = new.run AND split = new.split AND metric = new.metric
      AND (updates, env_steps) = (new.updates, new.env_steps);
  END;
  CREATE TRIGGER metrics_removed AFTER DELETE ON metrics BEGIN
    DELETE FROM finals WHERE run = old.run AND split = old.split AND metric = old.metric
      AND (updates, env_steps) = (old.updates, old.env_steps);
    INSERT INTO finals (run, split, metric, updates, env_steps, value, elapsed_ms, checksum)
    SELECT run, split, metric, updates, env_steps, value, elapsed_ms, checksum FROM metrics
    WHERE run = old.run AND split = old.split AND metric = old.metric ORDER BY updates DESC, env_steps DESC LIMIT 1
    ON CONFLICT DO NOTHING;
  END;
  `,
  `
  DROP TRIGGER metrics_added;
  DROP TRIGGER metrics_replaced;
  DROP TRIGGER metrics_removed;
  ALTER TABLE metrics RENAME TO old_metrics;
  ALTER TABLE finals RENAME TO old_finals;
  CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    split TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    updates INTEGER NOT NULL,
    env_steps INTEGER NOT NULL,
    value REAL,
    elapsed_ms REAL NOT NULL,
    checksum INTEGER,
    PRIMARY KEY (run, split, name, qualifier, updates, env_steps)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE finals (
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    split TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    updates INTEGER NOT NULL,
    env_steps INTEGER NOT NULL,
    value REAL,
    elapsed_ms REAL NOT NULL,
    checksum INTEGER,
    PRIMARY KEY (run, split, name, qualifier)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO metrics
  SELECT run, split, name, qualifier, updates, env_steps, value, elapsed_ms, CASE
      WHEN checksum = metric_checksum(run, split, metric, updates, env_steps, value, elapsed_ms)
      THEN record_checksum(run, split, name, qualifier, updates, env_steps, value, elapsed_ms)
      ELSE checksum
    END
  FROM (
    SELECT *,
      CASE
        WHEN instr(metric, '/') > 0 THEN substr(metric, 1, instr(metric, '/') - 1)
        WHEN stepped THEN rtrim(metric, '0123456789')
        ELSE metric
      END AS name,
      CASE
        WHEN instr(metric, '/') > 0 THEN substr(metric, instr(metric, '/') + 1)
        WHEN stepped THEN substr(metric, length(rtrim(metric, '0123456789')) + 1)
        ELSE ''
      END AS qualifier
    FROM (SELECT *, rtrim(metric, '0123456789') IN ('accuracy_t', 'mse_t', 'nll_t')
        AND metric GLOB '*[0-9]' AS stepped FROM old_metrics)
  );
  INSERT INTO finals
  SELECT run, split, name, qualifier, updates, env_steps, value, elapsed_ms, CASE
      WHEN checksum = metric_checksum(run, split, metric, updates, env_steps, value, elapsed_ms)
      THEN record_checksum(run, split, name, qualifier, updates, env_steps, value, elapsed_ms)
      ELSE checksum
    END
  FROM (
    SELECT *,
      CASE
        WHEN instr(metric, '/') > 0 THEN substr(metric, 1, instr(metric, '/') - 1)
        WHEN stepped THEN rtrim(metric, '0123456789')
        ELSE metric
      END AS name,
      CASE
        WHEN instr(metric, '/') > 0 THEN substr(metric, instr(metric, '/') + 1)
        WHEN stepped THEN substr(metric, length(rtrim(metric, '0123456789')) + 1)
        ELSE ''
      END AS qualifier
    FROM (SELECT *, rtrim(metric, '0123456789') IN ('accuracy_t', 'mse_t', 'nll_t')
        AND metric GLOB '*[0-9]' AS stepped FROM old_finals)
  );
  DROP TABLE old_metrics;
  DROP TABLE old_finals;
  CREATE TRIGGER metrics_added AFTER INSERT ON metrics BEGIN
    INSERT INTO finals (run, split, name, qualifier, updates, env_steps, value, elapsed_ms, checksum)
    VALUES (new.run, new.split, new.name, new.qualifier, new.updates, new.env_steps, new.value, new.elapsed_ms,
      new.checksum)
    ON CONFLICT DO UPDATE SET updates = excluded.updates, env_steps = excluded.env_steps, value = excluded.value,
      elapsed_ms = excluded.elapsed_ms, checksum = excluded.checksum
    WHERE (excluded.updates, excluded.env_steps) >= (updates, env_steps);
  END;
  CREATE TRIGGER metrics_replaced AFTER UPDATE ON metrics BEGIN
    UPDATE finals SET value = new.value, elapsed_ms = new.elapsed_ms, checksum = new.checksum
    WHERE run = new.run AND split = new.split AND name = new.name AND qualifier = new.qualifier
      AND (updates, env_steps) = (new.updates, new.env_steps);
  END;
  CREATE TRIGGER metrics_removed AFTER DELETE ON metrics BEGIN
    DELETE FROM finals WHERE run = old.run AND split = old.split AND name = old.name AND qualifier = old.qualifier
      AND (updates, env_steps) = (old.updates, old.env_steps);
    INSERT INTO finals (run, split, name, qualifier, updates, env_steps, value, elapsed_ms, checksum)
    SELECT run, split, name, qualifier, updates, env_steps, value, elapsed_ms, checksum FROM metrics
    WHERE run = old.run AND split = old.split AND name = old.name AND qualifier = old.qualifier
    ORDER BY updates DESC, env_steps DESC LIMIT 1
    ON CONFLICT DO NOTHING;
  END;
  `,
  `
  CREATE TABLE executions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    suite TEXT NOT NULL,
    origin TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]',
    started_at_ms INTEGER NOT NULL,
    checksum INTEGER
  ) STRICT;
  CREATE INDEX executions_by_suite ON executions (suite, started_at_ms);
  INSERT INTO executions (id, suite, origin, started_at_ms)
  SELECT execution_id(suite, started), suite, execution_origin(origins), started
  FROM (SELECT suite, origins, max(updated_at_ms) AS updated FROM runs GROUP BY suite)
  JOIN (SELECT suite, min(created_at_ms) AS started, min(sequence) AS first FROM runs GROUP BY suite) USING (suite)
  ORDER BY first;
  UPDATE executions SET checksum = execution_checksum(id, suite, started_at_ms, origin);

  ALTER TABLE runs ADD COLUMN execution TEXT REFERENCES executions (id);
  UPDATE runs SET execution = executions.id, checksum = CASE
      WHEN runs.checksum = run_checksum(runs.id, runs.suite, environment, method, seed, spec)
      THEN owned_run_checksum(runs.id, runs.suite, environment, method, seed, spec, executions.id)
      ELSE runs.checksum
    END
  FROM executions WHERE executions.suite = runs.suite;
  CREATE INDEX runs_by_execution ON runs (execution, status, updated_at_ms, revision);
  `,
];
