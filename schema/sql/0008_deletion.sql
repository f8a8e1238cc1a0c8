-- Sweeps that are being deleted, piece by piece: nobody is shown them any more, and the next start goes on.
ALTER TABLE sweep ADD COLUMN deleting INTEGER NOT NULL DEFAULT 0 CHECK (deleting IN (0, 1));

-- Four bytes of the identity, or of a hash of the name, of each job of a piece, so that one is found among a million without an
-- index, which would cost a write at random for every job. list: 0 for identities, where `first` is the number of the first job;
-- else a sweep, where it is a position.
CREATE TABLE mark_run (
  list INTEGER NOT NULL,
  first INTEGER NOT NULL,
  marks BLOB NOT NULL,
  PRIMARY KEY (list, first)
) STRICT, WITHOUT ROWID;

-- The views name the tables that change.
DROP VIEW sweeps;
DROP VIEW jobs;
DROP VIEW results;
DROP VIEW cells;
DROP VIEW attempts;
DROP VIEW epochs;

-- An attempt that comes too late is counted, and stays what it was: nobody ever stored the state "duplicate".
CREATE TABLE attempt_new (
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
INSERT INTO attempt_new SELECT boot_epoch, sequence, job, worker, state, error, started_at_ms, ended_at_ms FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_new RENAME TO attempt;
CREATE INDEX attempt_by_job ON attempt (job, boot_epoch, sequence);

-- newest: 1 for the newest sweep of its name, which is the one that a name means everywhere else; 0 for earlier ones.
-- top1 and top5 are NULL for a job that diverged: it found no accuracy.
-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
CREATE VIEW sweeps AS
SELECT s.id AS id,
       s.name AS name,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
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
WHERE s.deleting = 0
GROUP BY s.id;

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
       r.seconds AS seconds
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
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
JOIN result r ON r.job = sj.job;

-- Means are over the completed seeds. The deviation is that of a sample and needs two of them. The difference is in
-- points, to the cell of the same network without sharing.
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
        WHERE sj.sweep = c.sweep AND sj.cell = c.unshared AND r.outcome = 'completed') AS difference
FROM cell c
JOIN sweep s ON s.id = c.sweep AND s.deleting = 0;

CREATE VIEW attempts AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
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
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0;

CREATE VIEW epochs AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
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
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0;
