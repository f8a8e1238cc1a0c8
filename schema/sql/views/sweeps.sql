-- newest: 1 for the newest sweep of its name, which is the one that a name means everywhere else; 0 for earlier ones.
-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
SELECT s.id AS id,
       s.name AS name,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       s.description AS description,
       s.priority AS priority,
       (SELECT count(*) FROM cell c WHERE c.sweep = s.id) AS cells,
       sum(j.jobs) AS jobs,
       coalesce(sum(j.jobs) FILTER (WHERE j.state IN ('waiting', 'ready', 'backoff')), 0) AS waiting,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'running'), 0) AS running,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'completed'), 0) AS completed,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'diverged'), 0) AS diverged,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'failed'), 0) AS failed,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'blocked'), 0) AS blocked,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'cancelled'), 0) AS cancelled,
       coalesce(sum(j.jobs) FILTER (WHERE j.state = 'paused'), 0) AS paused,
       s.paused AS is_paused,
       s.cancelled AS is_cancelled,
       s.requirements AS requirements,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.submitted_at_ms / 1000, 'unixepoch') AS submitted_at
FROM sweep s
JOIN (SELECT j.sweep AS sweep, {state of job j} AS state, count(*) AS jobs
      FROM sweep_job j
      LEFT JOIN job_state st ON st.job = j.key
      LEFT JOIN result r ON r.job = j.key
      GROUP BY 1, 2) j ON j.sweep = s.id
WHERE s.deleting = 0
GROUP BY s.id
