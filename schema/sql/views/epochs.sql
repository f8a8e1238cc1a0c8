SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       e.epoch AS epoch,
       {metrics of epoch e}
FROM epoch e
JOIN job j ON j.key = e.job
JOIN sweep_job sj ON sj.job = e.job
JOIN sweep s ON s.id = sj.sweep AND s.deleting = 0
