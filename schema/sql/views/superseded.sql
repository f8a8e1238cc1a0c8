-- What jobs had found before they were trained anew, because their data had changed or somebody asked for it.
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       j.dataset AS dataset,
       r.data AS data,
       r.outcome AS outcome,
       {metrics of result r},
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.superseded_at_ms / 1000, 'unixepoch') AS superseded_at
FROM superseded_result r
JOIN job j ON j.key = r.job
JOIN sweep_job sj ON sj.job = r.job
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
