-- One row for each epoch of each job that has ended.
SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.job AS job,
       j.name AS name,
       e.epoch AS epoch,
       {metrics of epoch e}
FROM epoch e
JOIN named_job j ON j.key = e.job
