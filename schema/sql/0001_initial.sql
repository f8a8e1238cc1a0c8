-- Tables of the coordinator's database. Names are singular: the plural names belong to the views that people query.
-- Times ending in _ms are milliseconds since the Unix epoch. A REAL that may be NULL holds NULL for "not a number",
-- which SQLite cannot store.
PRAGMA application_id = 0x5370696e;  -- "Spin"

-- boot_epoch: integer, grows with every start, at least the Unix time of it in seconds. version: text, the spin that wrote the
-- tables or views last. last_sweep: the highest id of a sweep that was deleted, which no later one gets.
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('boot_epoch', 0);

-- A large sweep is stored in pieces: until the last of them is there, it says how many jobs it will have, and their
-- identities combined by exclusive or.
CREATE TABLE sweep (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  priority INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  seeds INTEGER NOT NULL,      -- jobs of each cell: those of cell c stand at the positions from c * seeds on
  left_out_by_exclude INTEGER NOT NULL,
  left_out_by_limits INTEGER NOT NULL,
  source TEXT NOT NULL,        -- text of the sweep file
  overrides TEXT NOT NULL,     -- JSON: [{"path", "value"}]
  requirements TEXT NOT NULL,  -- JSON, see requirements_to_json()
  submitted_at_ms INTEGER NOT NULL,
  planned_jobs INTEGER,        -- NULL: all its jobs are there
  planned_mark BLOB CHECK (length(planned_mark) = 32),
  cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1)),
  paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  -- What people asked of a sweep holds at once; the states of its jobs follow in pieces. Until they are through, the sweep
  -- says what it is and how many of its jobs, in the order of the plan, it has reached.
  settling TEXT CHECK (settling IN ('pause', 'resume', 'cancel')),
  settled_jobs INTEGER NOT NULL DEFAULT 0,
  settling_reason TEXT NOT NULL DEFAULT '',  -- why jobs are cancelled that the cancel has not reached yet
  retrying TEXT CHECK (retrying IN ('all', 'failed')),
  retried_jobs INTEGER NOT NULL DEFAULT 0,
  -- It is deleted piece by piece: nobody is shown it any more, and the next start goes on.
  deleting INTEGER NOT NULL DEFAULT 0 CHECK (deleting IN (0, 1))
) STRICT;
CREATE INDEX sweep_by_name ON sweep (name, id);

-- Where the data sets of a sweep lie: no part of what its jobs are. A job reads its data where the newest of its sweeps says.
CREATE TABLE sweep_data (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  dataset TEXT NOT NULL,  -- as demand.dataset
  root TEXT NOT NULL,     -- empty: where the name's data usually lie
  PRIMARY KEY (sweep, dataset)
) STRICT, WITHOUT ROWID;

-- The words of cells, each once.
CREATE TABLE label (
  id INTEGER NOT NULL PRIMARY KEY,
  text TEXT NOT NULL,
  in_name TEXT NOT NULL  -- what it adds to the names of jobs
) STRICT;

-- A row of a sweep's table, without the seeds. Its jobs are named by its labels, its repetition and their seed.
CREATE TABLE cell (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  position INTEGER NOT NULL,  -- from 0, in the order of the plan
  network INTEGER NOT NULL REFERENCES label (id),
  sharing INTEGER NOT NULL REFERENCES label (id),
  transform INTEGER NOT NULL REFERENCES label (id),
  fusion INTEGER NOT NULL REFERENCES label (id),
  settings INTEGER NOT NULL REFERENCES label (id),
  repetition TEXT NOT NULL,  -- empty where the labels alone make a name that no other cell has
  params INTEGER NOT NULL,
  flops INTEGER NOT NULL,
  unshared INTEGER,  -- position of the cell of the same network without sharing, which may go first where the sweep is deleted
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;

-- A configuration is stored as parts, which many jobs share.
CREATE TABLE config_part (
  id INTEGER NOT NULL PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

-- What jobs take, each once.
CREATE TABLE demand (
  id INTEGER NOT NULL PRIMARY KEY,
  dataset TEXT NOT NULL,          -- the name, of an imagefolder with its id
  memory_bytes INTEGER NOT NULL,  -- predicted peak of the training; 0 = not known
  work REAL NOT NULL              -- predicted: epochs x training images x FLOPs
) STRICT;

-- A row never changes. No index of identities: it would be a write at random for every job, and most of what a million jobs cost.
-- The coordinator holds them in memory and sees to it that each is there once; mark_run finds one without it.
CREATE TABLE job (
  key INTEGER NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  config TEXT NOT NULL,  -- JSON: ids of config_part, whose texts one behind the other are canonical JSON
  seed INTEGER NOT NULL,
  demand INTEGER NOT NULL REFERENCES demand (id)
) STRICT;

-- Of jobs of which there is more to say than that they wait for their inputs, are ready, or have a result.
CREATE TABLE job_state (
  job INTEGER NOT NULL PRIMARY KEY REFERENCES job (key),
  state INTEGER,  -- number of the state in the list of states; NULL: what inputs and result say
  reason TEXT NOT NULL DEFAULT '',
  failures INTEGER NOT NULL DEFAULT 0,
  trainer_deaths INTEGER NOT NULL DEFAULT 0,
  workers_lost INTEGER NOT NULL DEFAULT 0,
  priority INTEGER  -- its own; NULL: that of its sweeps
) STRICT;

-- Four bytes of the identity of each of several jobs, or of a hash of the name of each of several cells, so that one is found among a
-- million without an index. list: 0 for identities, where `first` is the number of the first job; else a sweep, where it is the
-- position of the first cell.
CREATE TABLE mark_run (
  list INTEGER NOT NULL,
  first INTEGER NOT NULL,
  marks BLOB NOT NULL,
  PRIMARY KEY (list, first)
) STRICT, WITHOUT ROWID;

-- What a job reads of what others leave: it runs once they have completed.
CREATE TABLE job_input (
  job INTEGER NOT NULL REFERENCES job (key),
  role TEXT NOT NULL,  -- as what it reads it; a job's own checkpoint is no row
  source INTEGER NOT NULL REFERENCES job (key),
  PRIMARY KEY (job, role, source)
) STRICT, WITHOUT ROWID;

-- A job belongs to every sweep that asks for it. The jobs of a sweep from the position `first` on are those from the number `job`
-- on, in their order. A range is short, so that those that hold a job are found among those that begin little before it: one for
-- each sweep that has it, and more where sweeps have only some of the jobs about it.
CREATE TABLE sweep_range (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  first INTEGER NOT NULL,  -- position, from 0, in the order of the plan
  job INTEGER NOT NULL REFERENCES job (key),
  jobs INTEGER NOT NULL CHECK (jobs BETWEEN 1 AND 256),
  PRIMARY KEY (sweep, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_range_by_job ON sweep_range (job, sweep);

-- A job on which somebody acts alone gets what was asked of its sweep before its turn, and is passed over when its turn comes.
CREATE TABLE reached_early (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  pass TEXT NOT NULL CHECK (pass IN ('settling', 'retrying')),  -- the column of the sweep that says what was asked
  job INTEGER NOT NULL REFERENCES job (key),
  PRIMARY KEY (sweep, pass, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE worker (
  name TEXT NOT NULL PRIMARY KEY,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  devices TEXT NOT NULL,          -- JSON: [{"device", "memory_bytes"}]; memory 0 = not known
  slots INTEGER NOT NULL,         -- on each device
  threads INTEGER NOT NULL,       -- per slot
  pid INTEGER NOT NULL,
  labels TEXT NOT NULL,           -- JSON: list of text
  jobs_done INTEGER NOT NULL DEFAULT 0,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The attempt that has not ended is found through its job, which says that it runs, so that no index changes with every end.
CREATE TABLE attempt (
  boot_epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  job INTEGER NOT NULL REFERENCES job (key),
  worker TEXT NOT NULL REFERENCES worker (name),
  state TEXT NOT NULL CHECK (state = 'running' OR state = 'finished' OR state = 'failed' OR state = 'lost' OR
                             state = 'stopped'),
  error TEXT NOT NULL DEFAULT '',
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  PRIMARY KEY (boot_epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_job ON attempt (job, boot_epoch, sequence);

-- epoch and result name the attempt that reported them without a foreign key: a worker's outbox may hold the report of
-- an attempt that this database never saw, because an older copy of it was put back. Each has a column of type REAL for every metric
-- of schema/job/metrics.h that can be measured of it, which the coordinator adds.
CREATE TABLE epoch (
  job INTEGER NOT NULL REFERENCES job (key),
  epoch INTEGER NOT NULL,  -- from 1
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  reported_at_ms INTEGER NOT NULL,
  PRIMARY KEY (job, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE result (
  job INTEGER NOT NULL PRIMARY KEY REFERENCES job (key),
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('completed', 'diverged')),
  finished_at_ms INTEGER NOT NULL,
  data TEXT NOT NULL  -- fingerprint of what it was trained on; empty: made by a rule
) STRICT;

-- What jobs had found that are trained anew. No attempt up to last_boot_epoch, last_sequence brings their next result.
CREATE TABLE superseded_result (
  job INTEGER NOT NULL REFERENCES job (key),
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  data TEXT NOT NULL,
  superseded_at_ms INTEGER NOT NULL,
  last_boot_epoch INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX superseded_result_by_job ON superseded_result (job);

-- What data sets were whenever jobs were trained on them.
CREATE TABLE data_state (
  dataset TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  summary TEXT NOT NULL,  -- for people
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),  -- what was trained on it, is trained anew on another
  PRIMARY KEY (dataset, fingerprint)
) STRICT, WITHOUT ROWID;

-- Files of the artifact folder. One that no job_artifact names is no longer needed.
CREATE TABLE artifact (
  hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  bytes INTEGER NOT NULL,
  stored_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest of each kind that a job has; best: the checkpoint of the epoch with the best accuracy.
CREATE TABLE job_artifact (
  job INTEGER NOT NULL REFERENCES job (key),
  kind TEXT NOT NULL,
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
