-- A large sweep is stored in pieces: until the last of them is there, it says how many jobs it will have, and their
-- identities combined by exclusive or. A configuration is stored as parts, which many jobs share.
ALTER TABLE sweep ADD COLUMN planned_jobs INTEGER;  -- NULL: all its jobs are there
ALTER TABLE sweep ADD COLUMN planned_mark BLOB CHECK (length(planned_mark) = 32);

CREATE TABLE config_part (
  id INTEGER NOT NULL PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;
INSERT INTO config_part (id, text) SELECT job, config FROM job_config;

CREATE TABLE job_config_in_parts (
  job INTEGER NOT NULL PRIMARY KEY REFERENCES job (key),
  parts TEXT NOT NULL  -- JSON: ids of config_part, whose texts one behind the other are canonical JSON
) STRICT;
INSERT INTO job_config_in_parts (job, parts) SELECT job, json_array(job) FROM job_config;
DROP TABLE job_config;
ALTER TABLE job_config_in_parts RENAME TO job_config;

-- An index of identities or names is a write at random for every job, and most of what a million jobs cost. The
-- coordinator holds them in memory and sees to it that each is there once; who looks for one reads the table.
DROP INDEX sweep_job_by_name;
PRAGMA legacy_alter_table = ON;  -- views keep the name that they say
CREATE TABLE job_new (
  key INTEGER NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'ready' OR state = 'backoff' OR state = 'running' OR
                             state = 'completed' OR state = 'diverged' OR state = 'failed' OR state = 'blocked' OR
                             state = 'cancelled' OR state = 'paused'),
  reason TEXT NOT NULL,
  failures INTEGER NOT NULL,
  trainer_deaths INTEGER NOT NULL,
  workers_lost INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  work REAL NOT NULL,  -- predicted: epochs x training images x FLOPs
  priority INTEGER,    -- its own; NULL: that of its sweeps
  memory_bytes INTEGER NOT NULL DEFAULT 0,  -- predicted peak of its training; 0 = not known
  dataset TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO job_new SELECT key, hash, state, reason, failures, trainer_deaths, workers_lost, seed, work, priority,
                           memory_bytes, dataset FROM job;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
PRAGMA legacy_alter_table = OFF;
