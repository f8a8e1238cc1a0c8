-- Tables of the coordinator's database. Names are singular: the plural names belong to the views that people query.
-- Times ending in _ms are milliseconds since the Unix epoch. A REAL that may be NULL holds NULL for "not a number",
-- which SQLite cannot store.
PRAGMA application_id = 0x5350494e;  -- "SPIN"

-- boot_epoch: integer, grows with every start, at least the Unix time of it in seconds. version: text, the spin that made the last migration.
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('boot_epoch', 0);

CREATE TABLE sweep (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  priority INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  left_out_by_exclude INTEGER NOT NULL,
  left_out_by_limits INTEGER NOT NULL,
  source TEXT NOT NULL,     -- text of the sweep file
  overrides TEXT NOT NULL,  -- JSON: [{"path", "value"}]
  submitted_at_ms INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))  -- cancelled
) STRICT;
CREATE INDEX sweep_by_name ON sweep (name, id);

-- A row of a sweep's table, without the seeds.
CREATE TABLE cell (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  position INTEGER NOT NULL,  -- from 0, in the order of the plan
  network TEXT NOT NULL,
  sharing TEXT NOT NULL,
  transform TEXT NOT NULL,
  fusion TEXT NOT NULL,
  settings TEXT NOT NULL,
  params INTEGER NOT NULL,
  flops INTEGER NOT NULL,
  unshared INTEGER,  -- position of the cell of the same network without sharing
  PRIMARY KEY (sweep, position),
  FOREIGN KEY (sweep, unshared) REFERENCES cell (sweep, position) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
  key INTEGER NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'backoff', 'running', 'completed', 'diverged', 'failed',
                                       'blocked', 'cancelled')),
  reason TEXT NOT NULL,
  failures INTEGER NOT NULL,
  trainer_deaths INTEGER NOT NULL,
  workers_lost INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  work REAL NOT NULL  -- predicted: epochs x training images x FLOPs
) STRICT;

-- Beside job, so that the rows that change with every state stay small.
CREATE TABLE job_config (
  job INTEGER NOT NULL PRIMARY KEY REFERENCES job (key),
  config TEXT NOT NULL  -- canonical JSON
) STRICT;

CREATE TABLE job_dependency (
  job INTEGER NOT NULL REFERENCES job (key),
  depends_on INTEGER NOT NULL REFERENCES job (key),
  PRIMARY KEY (job, depends_on)
) STRICT, WITHOUT ROWID;

-- A job belongs to every sweep that asks for it, under a name of its own in each.
CREATE TABLE sweep_job (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  position INTEGER NOT NULL,  -- from 0, in the order of the plan
  job INTEGER NOT NULL REFERENCES job (key),
  name TEXT NOT NULL,
  cell INTEGER NOT NULL,
  PRIMARY KEY (sweep, position),
  FOREIGN KEY (sweep, cell) REFERENCES cell (sweep, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sweep_job_by_name ON sweep_job (sweep, name);
CREATE INDEX sweep_job_by_cell ON sweep_job (sweep, cell, job);
CREATE INDEX sweep_job_by_job ON sweep_job (job, sweep);

CREATE TABLE worker (
  name TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  device TEXT NOT NULL,
  slots INTEGER NOT NULL,
  threads INTEGER NOT NULL,  -- per slot
  pid INTEGER NOT NULL,
  jobs_done INTEGER NOT NULL DEFAULT 0,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  boot_epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  job INTEGER NOT NULL REFERENCES job (key),
  worker TEXT NOT NULL REFERENCES worker (name),
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed', 'lost', 'stopped', 'duplicate')),
  error TEXT NOT NULL DEFAULT '',
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  PRIMARY KEY (boot_epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_job ON attempt (job, boot_epoch, sequence);
CREATE INDEX attempt_running ON attempt (job) WHERE ended_at_ms IS NULL;

-- epoch and result name the attempt that reported them without a foreign key: a worker's outbox may hold the report of
-- an attempt that this database never saw, because an older copy of it was put back.
CREATE TABLE epoch (
  job INTEGER NOT NULL REFERENCES job (key),
  epoch INTEGER NOT NULL,  -- from 1
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  loss REAL,
  top1 REAL,
  top5 REAL,
  images_per_second REAL,
  seconds REAL,
  reported_at_ms INTEGER NOT NULL,
  PRIMARY KEY (job, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE result (
  job INTEGER NOT NULL PRIMARY KEY REFERENCES job (key),
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'diverged')),
  top1 REAL,
  top5 REAL,
  params INTEGER NOT NULL,
  flops INTEGER NOT NULL,
  images_per_second REAL,
  peak_bytes INTEGER NOT NULL,
  seconds REAL,
  finished_at_ms INTEGER NOT NULL
) STRICT;

-- Files of the artifact folder. One that no job_artifact names is no longer needed.
CREATE TABLE artifact (
  hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  bytes INTEGER NOT NULL,
  stored_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest of each kind that a job has.
CREATE TABLE job_artifact (
  job INTEGER NOT NULL REFERENCES job (key),
  kind TEXT NOT NULL CHECK (kind IN ('checkpoint', 'model')),
  artifact BLOB NOT NULL REFERENCES artifact (hash),
  epoch INTEGER NOT NULL,
  PRIMARY KEY (job, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_artifact_by_artifact ON job_artifact (artifact);

CREATE TABLE log_line (
  job INTEGER NOT NULL REFERENCES job (key),
  number INTEGER NOT NULL,  -- from 1
  at_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
