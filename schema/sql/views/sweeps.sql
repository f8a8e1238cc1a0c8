-- One row for each sweep.
-- newest: 1 for the newest sweep of its name, which is the one that a name means everywhere else; 0 for earlier ones.
-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
SELECT s.id AS id,  -- number
       s.name AS name,  -- of the sweep
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       s.description AS description,  -- as its file says
       s.priority AS priority,  -- higher goes first
       (SELECT count(*) FROM cell c WHERE c.sweep = s.id) AS cells,  -- how many
       count(*) AS jobs,  -- how many
       count(*) FILTER (WHERE coalesce({told state of job j}, 'backoff') = 'backoff') AS waiting,  -- jobs that wait, are ready or try again later
       count(*) FILTER (WHERE {told state of job j} = 'running') AS running,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'completed') AS completed,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'diverged') AS diverged,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'failed') AS failed,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'blocked') AS blocked,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'cancelled') AS cancelled,  -- jobs
       count(*) FILTER (WHERE {told state of job j} = 'paused') AS paused,  -- jobs
       s.paused AS is_paused,  -- 1 where the sweep as a whole is
       s.cancelled AS is_cancelled,  -- 1 where the sweep as a whole is
       s.requirements AS requirements,  -- of workers, JSON
       strftime('%Y-%m-%dT%H:%M:%SZ', s.submitted_at_ms / 1000, 'unixepoch') AS submitted_at  -- UTC
FROM sweep s
JOIN sweep_job j ON j.sweep = s.id
LEFT JOIN job_state st ON st.job = j.key
LEFT JOIN result r ON r.job = j.key
WHERE s.deleting = 0
GROUP BY s.id
