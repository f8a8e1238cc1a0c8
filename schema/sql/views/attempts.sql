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
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
