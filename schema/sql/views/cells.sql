-- One row for each cell of each sweep: a point of the design space, over its seeds. Means are over the completed seeds; an interval
-- is that of Student's t at 95 %, and needs two of them. The difference is to the cell of the same network without sharing, seed by
-- seed: over the seeds that both have completed.
SELECT sweep,             -- name
       sweep_id,
       newest,            -- 1 in the newest sweep of its name
       cell,              -- from 0, in the order of the plan
       name,              -- of its jobs, without their seed
       network,
       sharing,
       transform,
       fusion,
       settings,          -- what else sets the cell apart within its sweep
       dataset,
       state,             -- completed once all seeds are; else running, failed, blocked, cancelled, paused or waiting, the first that one of them is
       params,            -- of the folded network
       flops,             -- multiply-accumulates of one image's forward pass, as the paper counts
       seeds,             -- jobs of the cell
       finished,          -- of them: completed or diverged
       completed,
       diverged,
       failed,            -- tried in vain, or blocked by one that was
       top1_mean,
       top1_deviation,    -- of a sample (n - 1)
       top1_mean - {t of completed - 1} * top1_deviation / sqrt(completed) AS top1_low,  -- of the interval of top1_mean
       top1_mean + {t of completed - 1} * top1_deviation / sqrt(completed) AS top1_high,
       baseline,          -- cell that the difference is to; NULL where the sweep has none
       difference,        -- mean over pairs of seeds, points
       difference - {t of pairs - 1} * difference_deviation / sqrt(pairs) AS difference_low,  -- of the interval of difference
       difference + {t of pairs - 1} * difference_deviation / sqrt(pairs) AS difference_high,
       pairs,             -- seeds that both have completed
       seconds,           -- mean of a job: training and evaluation
       images_per_second, -- mean of a job: training alone
       data               -- fingerprints of what its results were trained on
FROM (SELECT s.name AS sweep,
             s.id AS sweep_id,
             s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
             c.position AS cell,
             c.name AS name,
             c.network AS network,
             c.sharing AS sharing,
             c.transform AS transform,
             c.fusion AS fusion,
             c.settings AS settings,
             max(d.dataset) AS dataset,
             CASE WHEN count(r.job) = s.seeds THEN 'completed'
                  WHEN total(st.state = {number of state running}) THEN 'running'
                  WHEN total(st.state = {number of state failed}) THEN 'failed'
                  WHEN total(st.state = {number of state blocked}) THEN 'blocked'
                  WHEN total(st.state = {number of state cancelled}) THEN 'cancelled'
                  WHEN total(st.state = {number of state paused}) THEN 'paused'
                  ELSE 'waiting' END AS state,
             c.params AS params,
             c.flops AS flops,
             s.seeds AS seeds,
             count(r.job) AS finished,
             count(r.top1) AS completed,
             count(r.job) - count(r.top1) AS diverged,
             CAST(total(st.state IN ({number of state failed}, {number of state blocked})) AS INTEGER) AS failed,
             avg(r.top1) AS top1_mean,
             {deviation of r.top1} AS top1_deviation,
             c.unshared AS baseline,
             avg(r.top1 - b.top1) AS difference,
             {deviation of r.top1 - b.top1} AS difference_deviation,
             count(r.top1 - b.top1) AS pairs,
             avg(r.seconds) AS seconds,
             avg(r.images_per_second) AS images_per_second,
             coalesce(group_concat(DISTINCT nullif(r.data, '')), '') AS data
      FROM sweep s
      CROSS JOIN labelled_cell c ON c.sweep = s.id
      LEFT JOIN sweep_range g ON g.sweep = s.id AND g.first > c.position * s.seeds - {most jobs of a range}
       AND g.first < (c.position + 1) * s.seeds AND g.first + g.jobs > c.position * s.seeds
      LEFT JOIN job j ON j.key BETWEEN g.job + max(0, c.position * s.seeds - g.first)
                                   AND g.job + min(g.jobs, (c.position + 1) * s.seeds - g.first) - 1
      LEFT JOIN demand d ON d.id = j.demand
      LEFT JOIN job_state st ON st.job = j.key
      LEFT JOIN result r ON r.job = j.key
      LEFT JOIN sweep_range u ON u.sweep = s.id
       AND u.first > c.unshared * s.seeds + (g.first + r.job - g.job) % s.seeds - {most jobs of a range}
       AND u.first <= c.unshared * s.seeds + (g.first + r.job - g.job) % s.seeds
       AND u.first + u.jobs > c.unshared * s.seeds + (g.first + r.job - g.job) % s.seeds
      LEFT JOIN result b ON b.job = u.job + c.unshared * s.seeds + (g.first + r.job - g.job) % s.seeds - u.first
      WHERE s.deleting = 0
      GROUP BY s.id, c.position)
