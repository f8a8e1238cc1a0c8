-- What jobs had found before they were trained anew, because their data had changed or somebody asked for it.
SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.job AS job,
       j.name AS name,
       d.dataset AS dataset,
       r.data AS data,
       r.outcome AS outcome,
       {metrics of result r},
       strftime('%Y-%m-%dT%H:%M:%SZ', r.finished_at_ms / 1000, 'unixepoch') AS finished_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', r.superseded_at_ms / 1000, 'unixepoch') AS superseded_at  -- UTC
FROM superseded_result r
JOIN named_job j ON j.key = r.job
JOIN demand d ON d.id = j.demand
