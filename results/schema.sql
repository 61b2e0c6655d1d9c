-- The tables of a result file. Whole numbers are signed 64-bit here and unsigned in the program: an
-- address or a seed of 2^63 or more is stored as its two's complement, a negative number.
-- docs/RESULTS.md explains every column.
CREATE TABLE run (
  run_id      INTEGER PRIMARY KEY,
  scenario    TEXT NOT NULL,
  title       TEXT NOT NULL,
  seed        INTEGER NOT NULL,
  point       TEXT NOT NULL,
  replicate   INTEGER NOT NULL,
  program     TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  sim_cycles  INTEGER NOT NULL,
  clock_hz    INTEGER NOT NULL,
  aborted     TEXT NOT NULL
);
CREATE TABLE param (
  run_id INTEGER NOT NULL REFERENCES run, path TEXT NOT NULL, value TEXT NOT NULL,
  source TEXT NOT NULL, evidence TEXT NOT NULL,
  PRIMARY KEY (run_id, path)
) WITHOUT ROWID;
CREATE TABLE entity (
  run_id INTEGER NOT NULL REFERENCES run, id INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (run_id, id)
) WITHOUT ROWID;
CREATE TABLE counter (
  run_id INTEGER NOT NULL REFERENCES run, entity TEXT NOT NULL, name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (run_id, entity, name)
) WITHOUT ROWID;
CREATE TABLE cost (
  run_id INTEGER NOT NULL REFERENCES run, entity TEXT NOT NULL, primitive TEXT NOT NULL,
  count INTEGER NOT NULL, cycles INTEGER NOT NULL,
  PRIMARY KEY (run_id, entity, primitive)
) WITHOUT ROWID;
CREATE TABLE latency (
  run_id INTEGER NOT NULL REFERENCES run, entity TEXT NOT NULL, name TEXT NOT NULL,
  n INTEGER NOT NULL, mean REAL NOT NULL, p50 INTEGER NOT NULL, p90 INTEGER NOT NULL,
  p99 INTEGER NOT NULL, p999 INTEGER NOT NULL, max INTEGER NOT NULL,
  PRIMARY KEY (run_id, entity, name)
) WITHOUT ROWID;
CREATE TABLE resource (
  run_id INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL,
  n_acquired INTEGER NOT NULL, n_waited INTEGER NOT NULL, wait_cycles INTEGER NOT NULL,
  max_wait_cycles INTEGER NOT NULL, busy_cycles INTEGER NOT NULL,
  PRIMARY KEY (run_id, name)
) WITHOUT ROWID;
CREATE TABLE mark (
  run_id INTEGER NOT NULL REFERENCES run, mark INTEGER NOT NULL, name TEXT NOT NULL,
  at_cycles INTEGER NOT NULL,
  PRIMARY KEY (run_id, mark)
) WITHOUT ROWID;
CREATE TABLE mark_counter (
  run_id INTEGER NOT NULL REFERENCES run, mark INTEGER NOT NULL, entity TEXT NOT NULL,
  name TEXT NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (run_id, mark, entity, name)
) WITHOUT ROWID;
-- What an event_row's small numbers mean in this run.
CREATE TABLE event_kind (
  run_id INTEGER NOT NULL REFERENCES run, id INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (run_id, id)
) WITHOUT ROWID;
-- key = run_id * 2^40 + seq. Read it through the view `event`. No types, no NOT NULL: a quarter of the time
-- of storing a row would be spent on checks that cannot fail.
CREATE TABLE event_row (
  key INTEGER PRIMARY KEY, at_cycles, entity_id, kind_id, iova, bytes, cycles, cause
);
-- The only table that may differ between two runs of the same program, scenario and seed.
CREATE TABLE provenance (
  run_id INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
) WITHOUT ROWID;
