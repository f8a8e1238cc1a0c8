-- An attempt begins and ends with one table touched. The attempt that has not ended is found through its job, which says
-- that it runs, so that no index changes with every end; and the states are compared one by one, as those of jobs are.
PRAGMA legacy_alter_table = ON;  -- views keep the name that they say
CREATE TABLE attempt_new (
  boot_epoch INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  job INTEGER NOT NULL REFERENCES job (key),
  worker TEXT NOT NULL REFERENCES worker (name),
  state TEXT NOT NULL CHECK (state = 'running' OR state = 'finished' OR state = 'failed' OR state = 'lost' OR
                             state = 'stopped' OR state = 'duplicate'),
  error TEXT NOT NULL DEFAULT '',
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  PRIMARY KEY (boot_epoch, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO attempt_new SELECT boot_epoch, sequence, job, worker, state, error, started_at_ms, ended_at_ms FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_new RENAME TO attempt;
CREATE INDEX attempt_by_job ON attempt (job, boot_epoch, sequence);
PRAGMA legacy_alter_table = OFF;
