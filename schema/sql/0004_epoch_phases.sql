-- Where the seconds of an epoch went. NULL where it was not measured, as in epochs from before this column; top1 and
-- top5 are NULL for an epoch without an evaluation.
ALTER TABLE epoch ADD COLUMN data_seconds REAL;        -- waiting for batches
ALTER TABLE epoch ADD COLUMN forward_seconds REAL;     -- with the loss
ALTER TABLE epoch ADD COLUMN backward_seconds REAL;
ALTER TABLE epoch ADD COLUMN step_seconds REAL;        -- clipping, optimizer, averaged weights
ALTER TABLE epoch ADD COLUMN evaluation_seconds REAL;

DROP VIEW epochs;
CREATE VIEW epochs AS
SELECT s.name AS sweep,
       sj.sweep AS sweep_id,
       lower(hex(j.hash)) AS job,
       sj.name AS name,
       e.epoch AS epoch,
       e.loss AS loss,
       e.top1 AS top1,
       e.top5 AS top5,
       e.images_per_second AS images_per_second,
       e.seconds AS seconds,
       e.data_seconds AS data_seconds,
       e.forward_seconds AS forward_seconds,
       e.backward_seconds AS backward_seconds,
       e.step_seconds AS step_seconds,
       e.evaluation_seconds AS evaluation_seconds
FROM epoch e
JOIN job j ON j.key = e.job
JOIN sweep_job sj ON sj.job = e.job
JOIN sweep s ON s.id = sj.sweep;
