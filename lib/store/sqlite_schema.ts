/** Marks a SQLite file as one of ours: the letters FCDL as a big-endian integer (`PRAGMA application_id`). */
export const applicationId = 0x4643444c;

/**
 * The steps from an empty file to the present schema; `PRAGMA user_version` counts those already taken. A step that
 * has been released is never edited: a change is a new step at the end.
 *
 * `runs.sequence` is the order of creation. The key of `metrics` starts with what queries fix (run, split, metric), so
 * that a series is one stretch of the table and needs no second index. `artifacts.bytes` is the last column, so that
 * listing does not read it.
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
];
