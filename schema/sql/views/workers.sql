-- The workers that have ever attached.
SELECT w.name AS name,  -- of the worker
       w.host AS host,  -- where it runs
       (SELECT group_concat(value, ', ') FROM json_tree(w.devices) WHERE key = 'device') AS devices,  -- that it offers
       w.version AS version,  -- of spin
       w.slots * (SELECT count(*) FROM json_each(w.devices)) AS slots,  -- jobs at a time, on all its devices
       w.threads AS threads,  -- of a slot
       w.labels AS labels,  -- that sweeps may require
       (SELECT sum(value) FROM json_tree(w.devices) WHERE key = 'memory_bytes') AS memory_bytes,  -- of all its devices; NULL = not known
       w.jobs_done AS jobs_done,  -- that it brought to an end
       strftime('%Y-%m-%dT%H:%M:%SZ', w.first_seen_ms / 1000, 'unixepoch') AS first_seen,  -- UTC
       strftime('%Y-%m-%dT%H:%M:%SZ', w.last_seen_ms / 1000, 'unixepoch') AS last_seen  -- UTC
FROM worker w
