SELECT w.name AS name,
       w.host AS host,
       w.device AS device,
       w.version AS version,
       w.slots AS slots,
       w.threads AS threads,
       w.labels AS labels,
       w.memory_bytes AS memory_bytes,
       w.jobs_done AS jobs_done,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.first_seen_ms / 1000, 'unixepoch') AS first_seen,
       strftime('%Y-%m-%dT%H:%M:%SZ', w.last_seen_ms / 1000, 'unixepoch') AS last_seen
FROM worker w
