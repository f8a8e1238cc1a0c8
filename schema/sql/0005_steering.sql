-- What people steer (priorities, pauses), what jobs need of a worker, and what workers say that they have.
ALTER TABLE sweep ADD COLUMN requirements TEXT NOT NULL DEFAULT '{}';  -- JSON, see requirements_to_json()
ALTER TABLE sweep ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
ALTER TABLE worker ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';  -- JSON: list of text
ALTER TABLE worker ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0;  -- of its device; 0 = not known

-- The views name the tables that are made anew.
DROP VIEW sweeps;
DROP VIEW jobs;
DROP VIEW results;
DROP VIEW cells;
DROP VIEW attempts;
DROP VIEW epochs;
DROP VIEW workers;

CREATE TABLE steered_job (
  key INTEGER NOT NULL PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  -- One by one: of a list SQLite makes a table each time that a row is checked.
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
INSERT INTO steered_job (key, hash, state, reason, failures, trainer_deaths, workers_lost, seed, work)
SELECT key, hash, state, reason, failures, trainer_deaths, workers_lost, seed, work FROM job;
DROP TABLE job;
ALTER TABLE steered_job RENAME TO job;

-- The newest of each kind that a job has; best: the checkpoint of the epoch with the best accuracy.
CREATE TABLE kept_artifact (
  job INTEGER NOT NULL REFERENCES job (key),
  kind TEXT NOT NULL CHECK (kind IN ('checkpoint', 'model', 'best')),
  artifact BLOB NOT NULL REFERENCES artifact (hash),
  epoch INTEGER NOT NULL,
  PRIMARY KEY (job, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_artifact (job, kind, artifact, epoch) SELECT job, kind, artifact, epoch FROM job_artifact;
DROP TABLE job_artifact;
ALTER TABLE kept_artifact RENAME TO job_artifact;
CREATE INDEX job_artifact_by_artifact ON job_artifact (artifact);

-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
CREATE VIEW sweeps AS
SELECT s.id AS id,
       s.name AS name,
       s.description AS description,
       s.priority AS priority,
       (SELECT count(*) FROM cell c WHERE c.sweep = s.id) AS cells,
       count(j.key) AS jobs,
       count(*) FILTER (WHERE j.state IN ('waiting', 'ready', 'backoff')) AS waiting,
       count(*) FILTER (WHERE j.state = 'running') AS running,
       count(*) FILTER (WHERE j.state = 'completed') AS completed,
       count(*) FILTER (WHERE j.state = 'diverged') AS diverged,
       count(*) FILTER (WHERE j.state = 'failed') AS failed,
       count(*) FILTER (WHERE j.state = 'blocked') AS blocked,
       count(*) FILTER (WHERE j.state = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE j.state = 'paused') AS paused,
       s.paused AS is_paused,
       s.withdrawn AS is_cancelled,
       s.requirements AS requirements,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.submitted_at_ms / 1000, 'unixepoch') AS submitted_at
FROM sweep s
LEFT JOIN sweep_job sj ON sj.sweep = s.id
LEFT JOIN job j ON j.key = sj.job
GROUP BY s.id;

CREATE VIEW jobs AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
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
       r.top1 AS top1,
       r.seconds AS seconds
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
LEFT JOIN result r ON r.job = sj.job;

CREATE VIEW results AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
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
       r.top1 AS top1,
       r.top5 AS top5,
       r.images_per_second AS images_per_second,
       r.peak_bytes AS peak_bytes,
       r.seconds AS seconds,
       (SELECT a.worker FROM attempt a
        WHERE a.boot_epoch = r.attempt_boot_epoch AND a.sequence = r.attempt_sequence) AS worker,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
JOIN result r ON r.job = sj.job;

-- Means are over the completed seeds. The deviation is that of a sample and needs two of them. The difference is in
-- points, to the cell of the same network without sharing.
CREATE VIEW cells AS
SELECT s.name AS sweep,
       c.sweep AS sweep_id,
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
        WHERE sj.sweep = c.sweep AND sj.cell = c.unshared AND r.outcome = 'completed') AS difference
FROM cell c
JOIN sweep s ON s.id = c.sweep;

CREATE VIEW attempts AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       a.boot_epoch AS boot_epoch,
       a.sequence AS sequence,
       a.worker AS worker,
       a.state AS state,
       a.error AS error,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.started_at_ms / 1000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.ended_at_ms / 1000, 'unixepoch') AS ended_at,
       (a.ended_at_ms - a.started_at_ms) / 1000.0 AS seconds
FROM attempt a
JOIN job j ON j.key = a.job
JOIN sweep_job sj ON sj.job = a.job
JOIN sweep s ON s.id = sj.sweep;

CREATE VIEW epochs AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       e.epoch AS epoch,
       e.loss AS loss,
       e.top1 AS top1,
       e.top5 AS top5,
       e.images_per_second AS images_per_second,
       e.seconds AS seconds,
       e.data_seconds AS data_seconds,
       e.forward_seconds AS forward_seconds,
       e.backward_seconds AS backward_seconds,
       e.step_seconds AS step_seconds,
       e.evaluation_seconds AS evaluation_seconds
FROM epoch e
JOIN job j ON j.key = e.job
JOIN sweep_job sj ON sj.job = e.job
JOIN sweep s ON s.id = sj.sweep;

CREATE VIEW workers AS
SELECT w.name AS name,
       w.host AS host,
       w.device AS device,
       w.version AS version,
       w.slots AS slots,
       w.threads AS threads,
       w.labels AS labels,
       w.memory_bytes AS memory_bytes,
       w.jobs_done AS jobs_done,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.first_seen_ms / 1000, 'unixepoch') AS first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.last_seen_ms / 1000, 'unixepoch') AS last_seen
FROM worker w;
