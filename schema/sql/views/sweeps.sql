-- newest: 1 for the newest sweep of its name, which is the one that a name means everywhere else; 0 for earlier ones.
-- is_paused, is_cancelled: of the sweep as a whole; the counts are of its jobs, which other sweeps may share.
SELECT s.id AS id,
       s.name AS name,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       s.description AS description,
       s.priority AS priority,
       (SELECT count(*) FROM cell c WHERE c.sweep = s.id) AS cells,
       count(j.key) AS jobs,
       count(*) FILTER (WHERE j.state IN ('waiting', 'ready', 'backoff')) AS waiting,
       count(*) FILTER (WHERE j.state = 'running') AS running,
       count(*) FILTER (WHERE j.state = 'completed') AS completed,
       count(*) FILTER (WHERE j.state = 'diverged') AS diverged,
       count(*) FILTER (WHERE j.state = 'failed') AS failed,
       count(*) FILTER (WHERE j.state = 'blocked') AS blocked,
       count(*) FILTER (WHERE j.state = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE j.state = 'paused') AS paused,
       s.paused AS is_paused,
       s.cancelled AS is_cancelled,
       s.requirements AS requirements,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.submitted_at_ms / 1000, 'unixepoch') AS submitted_at
FROM sweep s
LEFT JOIN sweep_job sj ON sj.sweep = s.id
LEFT JOIN job j ON j.key = sj.job
WHERE s.deleting = 0
GROUP BY s.id
