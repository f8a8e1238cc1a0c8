SELECT w.name AS name,
       w.host AS host,
       (SELECT group_concat(value, ', ') FROM json_tree(w.devices) WHERE key = 'device') AS devices,
       w.version AS version,
       w.slots * (SELECT count(*) FROM json_each(w.devices)) AS slots,
       w.threads AS threads,
       w.labels AS labels,
       (SELECT sum(value) FROM json_tree(w.devices) WHERE key = 'memory_bytes') AS memory_bytes,
       w.jobs_done AS jobs_done,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.first_seen_ms / 1000, 'unixepoch') AS first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.last_seen_ms / 1000, 'unixepoch') AS last_seen
FROM worker w
