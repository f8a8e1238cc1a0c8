-- What people asked of a sweep holds at once; the states of its jobs follow in pieces. Until they are through, the sweep
-- says what it is and how many of its jobs, in the order of the plan, it has reached.
ALTER TABLE sweep ADD COLUMN settling TEXT CHECK (settling IN ('pause', 'resume', 'cancel'));
ALTER TABLE sweep ADD COLUMN settled_jobs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweep ADD COLUMN retrying TEXT CHECK (retrying IN ('all', 'failed'));
ALTER TABLE sweep ADD COLUMN retried_jobs INTEGER NOT NULL DEFAULT 0;

-- A job that diverged has no accuracy, not that of an epoch before.
UPDATE result SET top1 = NULL, top5 = NULL WHERE outcome = 'diverged';
