-- Means are over the completed seeds. The deviation is that of a sample and needs two of them. The difference is in points, to the
-- cell of the same network without sharing.
SELECT s.name AS sweep,
       c.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       c.position AS cell,
       c.network AS network,
       c.sharing AS sharing,
       c.transform AS transform,
       c.fusion AS fusion,
       c.settings AS settings,
       c.params AS params,
       c.flops AS flops,
       s.seeds AS seeds,
       (SELECT count(*) FROM {jobs of cell c.position} JOIN result r ON r.job = j.key) AS finished,
       (SELECT count(*) FROM {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.outcome = 'diverged') AS diverged,
       (SELECT avg(r.top1) FROM {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.outcome = 'completed') AS top1_mean,
       (SELECT CASE WHEN count(r.top1) > 1
                    THEN sqrt(sum((r.top1 - m.top1) * (r.top1 - m.top1)) / (count(r.top1) - 1)) END
        FROM (SELECT avg(r.top1) AS top1
              FROM {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.outcome = 'completed') m
        JOIN {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.outcome = 'completed') AS top1_deviation,
       (SELECT avg(r.top1) FROM {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.outcome = 'completed') -
       (SELECT avg(r.top1) FROM {jobs of cell c.unshared} JOIN result r ON r.job = j.key AND r.outcome = 'completed') AS difference,
       (SELECT d.dataset FROM {jobs of cell c.position} JOIN demand d ON d.id = j.demand LIMIT 1) AS dataset,
       (SELECT coalesce(group_concat(DISTINCT r.data), '')
        FROM {jobs of cell c.position} JOIN result r ON r.job = j.key AND r.data <> '') AS data
FROM labelled_cell c
JOIN sweep s ON s.id = c.sweep AND s.deleting = 0
