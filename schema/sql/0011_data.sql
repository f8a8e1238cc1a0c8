-- Where the data sets of a sweep lie: no part of what its jobs are. A job reads its data where the newest of its sweeps says.
CREATE TABLE sweep_data (
  sweep INTEGER NOT NULL REFERENCES sweep (id),
  dataset TEXT NOT NULL,  -- as job.dataset: the name, of an imagefolder with its id
  root TEXT NOT NULL,     -- empty: where the name's data usually lie
  PRIMARY KEY (sweep, dataset)
) STRICT, WITHOUT ROWID;

-- What data sets were whenever jobs were trained on them.
CREATE TABLE data_state (
  dataset TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  summary TEXT NOT NULL,  -- for people
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),  -- what was trained on it, is trained anew on another
  PRIMARY KEY (dataset, fingerprint)
) STRICT, WITHOUT ROWID;
ALTER TABLE result ADD COLUMN data TEXT NOT NULL DEFAULT '';  -- fingerprint; empty: made by a rule

-- What jobs had found that are trained anew. No attempt up to last_boot_epoch, last_sequence brings their next result.
CREATE TABLE superseded_result (
  job INTEGER NOT NULL REFERENCES job (key),
  attempt_boot_epoch INTEGER NOT NULL,
  attempt_sequence INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  top1 REAL,
  top5 REAL,
  params INTEGER NOT NULL,
  flops INTEGER NOT NULL,
  images_per_second REAL,
  peak_bytes INTEGER NOT NULL,
  seconds REAL,
  finished_at_ms INTEGER NOT NULL,
  data TEXT NOT NULL,
  superseded_at_ms INTEGER NOT NULL,
  last_boot_epoch INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX superseded_result_by_job ON superseded_result (job);

-- data: the fingerprint; of a cell those of its results.
DROP VIEW jobs;
DROP VIEW results;
DROP VIEW cells;
CREATE VIEW jobs AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       sj.position AS position,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       j.state AS state,
       j.reason AS reason,
       coalesce(j.priority, s.priority) AS priority,
       sj.cell AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       j.seed AS seed,
       c.params AS params,
       c.flops AS flops,
       j.memory_bytes AS memory_bytes,
       j.dataset AS dataset,
       (SELECT count(*) FROM attempt a WHERE a.job = j.key) AS attempts,
       j.failures AS failures,
       (SELECT a.worker FROM attempt a WHERE a.job = j.key
        ORDER BY a.boot_epoch DESC, a.sequence DESC LIMIT 1) AS worker,
       iif(r.outcome = 'completed', r.top1, NULL) AS top1,
       r.seconds AS seconds,
       r.data AS data
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
LEFT JOIN result r ON r.job = sj.job;

CREATE VIEW results AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       sj.position AS position,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       sj.cell AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       j.seed AS seed,
       r.params AS params,
       r.flops AS flops,
       r.outcome AS outcome,
       iif(r.outcome = 'completed', r.top1, NULL) AS top1,
       iif(r.outcome = 'completed', r.top5, NULL) AS top5,
       r.images_per_second AS images_per_second,
       r.peak_bytes AS peak_bytes,
       r.seconds AS seconds,
       (SELECT a.worker FROM attempt a
        WHERE a.boot_epoch = r.attempt_boot_epoch AND a.sequence = r.attempt_sequence) AS worker,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       j.dataset AS dataset,
       r.data AS data
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
JOIN result r ON r.job = sj.job;

CREATE VIEW cells AS
SELECT s.name AS sweep,
       c.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       c.position AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       c.params AS params,
       c.flops AS flops,
       (SELECT count(*) FROM sweep_job sj WHERE sj.sweep = c.sweep AND sj.cell = c.position) AS seeds,
       (SELECT count(*) FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position) AS finished,
       (SELECT count(*) FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.outcome = 'diverged') AS diverged,
       (SELECT avg(r.top1) FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.outcome = 'completed') AS top1_mean,
       (SELECT CASE WHEN count(r.top1) > 1
                    THEN sqrt(sum((r.top1 - m.top1) * (r.top1 - m.top1)) / (count(r.top1) - 1)) END
        FROM (SELECT avg(r.top1) AS top1 FROM sweep_job sj JOIN result r ON r.job = sj.job
              WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.outcome = 'completed') m
        JOIN sweep_job sj
        JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.outcome = 'completed') AS top1_deviation,
       (SELECT avg(r.top1) FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.outcome = 'completed') -
       (SELECT avg(r.top1) FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.unshared AND r.outcome = 'completed') AS difference,
       (SELECT j.dataset FROM sweep_job sj JOIN job j ON j.key = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position ORDER BY sj.position LIMIT 1) AS dataset,
       (SELECT coalesce(group_concat(DISTINCT r.data), '') FROM sweep_job sj JOIN result r ON r.job = sj.job
        WHERE sj.sweep = c.sweep AND sj.cell = c.position AND r.data <> '') AS data
FROM cell c
JOIN sweep s ON s.id = c.sweep AND s.deleting = 0;

-- What jobs had found before they were trained anew, because their data had changed or somebody asked for it.
CREATE VIEW superseded AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       j.dataset AS dataset,
       r.data AS data,
       r.outcome AS outcome,
       iif(r.outcome = 'completed', r.top1, NULL) AS top1,
       iif(r.outcome = 'completed', r.top5, NULL) AS top5,
       r.params AS params,
       r.flops AS flops,
       r.seconds AS seconds,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.superseded_at_ms / 1000, 'unixepoch') AS superseded_at
FROM superseded_result r
JOIN job j ON j.key = r.job
JOIN sweep_job sj ON sj.job = r.job
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0;
