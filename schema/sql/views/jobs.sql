-- A row about a job carries the sweep that it is shown for: a job that two sweeps ask for appears under both, each time with the
-- labels of that sweep.
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       sj.position AS position,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       j.state AS state,
       j.reason AS reason,
       coalesce(j.priority, s.priority) AS priority,
       sj.cell AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       j.seed AS seed,
       c.params AS params,
       c.flops AS flops,
       j.memory_bytes AS memory_bytes,
       j.dataset AS dataset,
       (SELECT count(*) FROM attempt a WHERE a.job = j.key) AS attempts,
       j.failures AS failures,
       (SELECT a.worker FROM attempt a WHERE a.job = j.key
        ORDER BY a.boot_epoch DESC, a.sequence DESC LIMIT 1) AS worker,
       r.top1 AS top1,
       r.seconds AS seconds,
       r.data AS data
FROM sweep_job sj
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
JOIN job j ON j.key = sj.job
JOIN cell c ON c.sweep = sj.sweep AND c.position = sj.cell
LEFT JOIN result r ON r.job = sj.job
