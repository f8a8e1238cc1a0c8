-- One row for each job of each sweep, whatever became of it.
SELECT j.sweep AS sweep,
       j.sweep_id AS sweep_id,
       j.newest AS newest,
       j.position AS position,
       j.job AS job,
       j.name AS name,
       {state of job j} AS state,  -- waiting, ready, backoff, running, completed, diverged, failed, blocked, cancelled or paused
       coalesce(st.reason, '') AS reason,  -- of that state, where there is one
       coalesce(st.priority, j.sweep_priority) AS priority,  -- its own, or that of its sweep
       j.cell AS cell,
       j.network AS network,
       j.sharing AS sharing,
       j.transform AS transform,
       j.fusion AS fusion,
       j.settings AS settings,
       j.seed AS seed,
       j.params AS params,
       j.flops AS flops,
       d.memory_bytes AS memory_bytes,  -- predicted peak of its training; 0 = not known
       d.dataset AS dataset,
       (SELECT count(*) FROM attempt a WHERE a.job = j.key) AS attempts,  -- how many there were
       coalesce(st.failures, 0) AS failures,  -- attempts that ended in an error
       (SELECT a.worker FROM attempt a WHERE a.job = j.key
        ORDER BY a.boot_epoch DESC, a.sequence DESC LIMIT 1) AS worker,
       r.top1 AS top1,
       r.seconds AS seconds,
       r.data AS data
FROM named_job j
JOIN demand d ON d.id = j.demand
LEFT JOIN job_state st ON st.job = j.key
LEFT JOIN result r ON r.job = j.key
