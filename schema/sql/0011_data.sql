-- Where the data sets of a sweep lie: no part of what its jobs are. A job reads its data where the newest of its sweeps says.
CREATE TABLE sweep_data (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  dataset TEXT NOT NULL,  -- as job.dataset: the name, of an imagefolder with its id
  root TEXT NOT NULL,     -- empty: where the name's data usually lie
  PRIMARY KEY (sweep, dataset)
) STRICT, WITHOUT ROWID;
