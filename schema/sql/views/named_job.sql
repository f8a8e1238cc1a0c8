-- The jobs of sweeps with what people call them: a job that two sweeps ask for is there under both, each time with the labels of
-- that sweep. newest: 1 in the newest sweep of its name. Other views rest on it. CROSS JOIN and the plus keep SQLite from walking
-- through all jobs of a sweep for each of its cells, and through all sweeps for each job.
SELECT s.name AS sweep,
       s.id AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       s.priority AS sweep_priority,
       j.position AS position,
       j.key AS key,
       lower(hex(j.hash)) AS job,
       {name of job j} AS name,
       c.position AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       j.seed AS seed,
       c.params AS params,
       c.flops AS flops,
       j.demand AS demand
FROM sweep_job j
JOIN sweep s ON s.id = j.sweep AND +s.deleting = 0
CROSS JOIN labelled_cell c ON c.sweep = j.sweep AND c.position = j.position / s.seeds
