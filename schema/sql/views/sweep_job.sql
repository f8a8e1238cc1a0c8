-- The jobs of sweeps one by one. Other views rest on it.
SELECT g.sweep AS sweep,
       g.first + j.key - g.job AS position,
       j.key AS key,
       j.hash AS hash,
       j.config AS config,
       j.seed AS seed,
       j.demand AS demand
FROM sweep_range g
JOIN job j ON j.key BETWEEN g.job AND g.job + g.jobs - 1 AND g.job > j.key - {most jobs of a range} AND g.job <= j.key
