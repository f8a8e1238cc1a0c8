-- A job on which somebody acts alone gets what was asked of its sweep before its turn, and is passed over when its turn comes.
CREATE TABLE reached_early (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  pass TEXT NOT NULL CHECK (pass IN ('settling', 'retrying')),  -- the column of the sweep that says what was asked
  job INTEGER NOT NULL REFERENCES job (key),
  PRIMARY KEY (sweep, pass, job)
) STRICT, WITHOUT ROWID;

-- Why jobs are cancelled that the cancel of their sweep has not reached yet.
ALTER TABLE sweep ADD COLUMN settling_reason TEXT NOT NULL DEFAULT '';
UPDATE sweep SET settling_reason = 'sweep ' || id || ' ''' || name || ''' was cancelled' WHERE settling = 'cancel';
