-- One row for each finished job of each sweep. A job that diverged has no accuracy.
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
       r.outcome AS outcome,
       {metrics of result r},
       (SELECT a.worker FROM attempt a
        WHERE a.boot_epoch = r.attempt_boot_epoch AND a.sequence = r.attempt_sequence) AS worker,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       j.dataset AS dataset,
       r.data AS data
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
JOIN result r ON r.job = sj.job
