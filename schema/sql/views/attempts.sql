-- One row for each attempt of each job: an execution on a worker.
SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.job AS job,
       j.name AS name,
       a.boot_epoch AS boot_epoch,  -- start of the coordinator that gave it
       a.sequence AS sequence,  -- number of the attempt in that start
       a.worker AS worker,
       a.state AS state,  -- running, finished, failed, lost or stopped
       a.error AS error,  -- what ended it, where it failed
       strftime('%Y-%m-%dT%H:%M:%SZ', a.started_at_ms / 1000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.ended_at_ms / 1000, 'unixepoch') AS ended_at,
       (a.ended_at_ms - a.started_at_ms) / 1000.0 AS seconds  -- from start to end
FROM attempt a
JOIN named_job j ON j.key = a.job
