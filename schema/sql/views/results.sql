-- One row for each finished job of each sweep. A job that diverged has no accuracy.
SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.position AS position,
       j.job AS job,
       j.name AS name,
       j.cell AS cell,
       j.network AS network,
       j.sharing AS sharing,
       j.transform AS transform,
       j.fusion AS fusion,
       j.settings AS settings,
       j.seed AS seed,
       r.outcome AS outcome,
       {metrics of result r},
       (SELECT a.worker FROM attempt a
        WHERE a.boot_epoch = r.attempt_boot_epoch AND a.sequence = r.attempt_sequence) AS worker,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       d.dataset AS dataset,
       r.data AS data
FROM named_job j
JOIN demand d ON d.id = j.demand
JOIN result r ON r.job = j.key
