-- What one value of an axis does against another, all else equal: the difference in top-1 over pairs of jobs of one sweep, with one
-- seed, that both completed and whose cells differ in this axis alone. The interval is that of Student's t at 95 %.
WITH RECURSIVE
token (label, rest, word) AS (
  SELECT DISTINCT o.text, o.text || ' ', '' FROM cell c JOIN label o ON o.id = c.settings
  UNION ALL
  SELECT label, substr(rest, instr(rest, ' ') + 1), substr(rest, 1, instr(rest, ' ') - 1) FROM token WHERE rest <> ''),
valued (sweep, cell, axis, value, others) AS (
  SELECT sweep, position, 'network', network, sharing || char(10) || transform || char(10) || fusion || char(10) || settings FROM labelled_cell
  UNION ALL
  SELECT sweep, position, 'sharing', sharing, network_name || char(10) || transform || char(10) || fusion || char(10) || settings FROM labelled_cell
  UNION ALL
  SELECT sweep, position, 'transform', transform, network_name || char(10) || sharing || char(10) || fusion || char(10) || settings FROM labelled_cell
  UNION ALL
  SELECT sweep, position, 'fusion', fusion, network_name || char(10) || sharing || char(10) || transform || char(10) || settings FROM labelled_cell
  UNION ALL
  SELECT c.sweep, c.position, substr(t.word, 1, instr(t.word, '=') - 1), substr(t.word, instr(t.word, '=') + 1),
         c.network_name || char(10) || c.sharing || char(10) || c.transform || char(10) || c.fusion || char(10) || replace(' ' || c.settings || ' ', ' ' || t.word || ' ', ' ')
  FROM labelled_cell c JOIN token t ON t.label = c.settings AND instr(t.word, '=') > 1),
found (sweep, cell, nth, top1) AS MATERIALIZED (
  SELECT s.id, CAST(j.position / s.seeds AS INTEGER), CAST(j.position % s.seeds AS INTEGER), r.top1
  FROM sweep s JOIN sweep_job j ON j.sweep = s.id JOIN result r ON r.job = j.key WHERE r.top1 IS NOT NULL AND s.deleting = 0)
SELECT s.name AS sweep,
       sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       axis,                                                                        -- network, sharing, transform, fusion, or what the settings of cells name, as lr
       value,
       against,                                                                     -- the other value
       cells,                                                                       -- pairs of cells
       pairs,                                                                       -- of jobs
       difference,                                                                  -- mean top-1 with the value minus that with the other, points
       difference - {t of pairs - 1} * deviation / sqrt(pairs) AS difference_low,   -- of the interval of difference
       difference + {t of pairs - 1} * deviation / sqrt(pairs) AS difference_high
FROM (SELECT a.sweep AS sweep_id,
             a.axis AS axis,
             a.value AS value,
             b.value AS against,
             count(DISTINCT a.cell * 1048576 + b.cell) AS cells,
             count(*) AS pairs,
             avg(x.top1 - y.top1) AS difference,
             {deviation of x.top1 - y.top1} AS deviation
      FROM valued a
      CROSS JOIN valued b ON b.sweep = a.sweep AND b.axis = a.axis AND b.others = a.others AND b.value <> a.value
      CROSS JOIN found x ON x.sweep = a.sweep AND x.cell = a.cell
      CROSS JOIN found y ON y.sweep = b.sweep AND y.cell = b.cell AND y.nth = x.nth
      GROUP BY a.sweep, a.axis, a.value, b.value)
JOIN sweep s ON s.id = sweep_id
