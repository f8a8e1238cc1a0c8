-- newest: 1 for the newest sweep of its name, which is the one that a name means everywhere else; 0 for earlier ones.
-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
SELECT s.id AS id,
       s.name AS name,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       s.description AS description,
       s.priority AS priority,
       (SELECT count(*) FROM cell c WHERE c.sweep = s.id) AS cells,
       count(*) AS jobs,
       count(*) FILTER (WHERE coalesce({told state of job j}, 'backoff') = 'backoff') AS waiting,
       count(*) FILTER (WHERE {told state of job j} = 'running') AS running,
       count(*) FILTER (WHERE {told state of job j} = 'completed') AS completed,
       count(*) FILTER (WHERE {told state of job j} = 'diverged') AS diverged,
       count(*) FILTER (WHERE {told state of job j} = 'failed') AS failed,
       count(*) FILTER (WHERE {told state of job j} = 'blocked') AS blocked,
       count(*) FILTER (WHERE {told state of job j} = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE {told state of job j} = 'paused') AS paused,
       s.paused AS is_paused,
       s.cancelled AS is_cancelled,
       s.requirements AS requirements,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.submitted_at_ms / 1000, 'unixepoch') AS submitted_at
FROM sweep s
JOIN sweep_job j ON j.sweep = s.id
LEFT JOIN job_state st ON st.job = j.key
LEFT JOIN result r ON r.job = j.key
WHERE s.deleting = 0
GROUP BY s.id
