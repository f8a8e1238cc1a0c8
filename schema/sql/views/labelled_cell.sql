-- Cells with the words of their labels; other views rest on it.
SELECT c.sweep AS sweep,
       c.position AS position,
       n.text AS network,
       n.in_name AS network_name,
       s.text AS sharing,
       t.text AS transform,
       f.text AS fusion,
       o.text AS settings,
       c.params AS params,
       c.flops AS flops,
       c.unshared AS unshared,
       n.in_name || s.in_name || t.in_name || f.in_name || o.in_name || c.repetition AS name
FROM cell c
JOIN label n ON n.id = c.network
JOIN label s ON s.id = c.sharing
JOIN label t ON t.id = c.transform
JOIN label f ON f.id = c.fusion
JOIN label o ON o.id = c.settings
