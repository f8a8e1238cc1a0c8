SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.job AS job,
       j.name AS name,
       a.boot_epoch AS boot_epoch,
       a.sequence AS sequence,
       a.worker AS worker,
       a.state AS state,
       a.error AS error,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.started_at_ms / 1000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', a.ended_at_ms / 1000, 'unixepoch') AS ended_at,
       (a.ended_at_ms - a.started_at_ms) / 1000.0 AS seconds
FROM attempt a
JOIN named_job j ON j.key = a.job
