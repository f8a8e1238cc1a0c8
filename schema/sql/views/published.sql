-- The cells that are rows of the paper's tables, each with each such row: trained on all of ImageNet without label noise, with the
-- network, sharing, transform and fusion of that row. Several tables may have the network of one cell, with figures that differ;
-- topologies that a sweep file sets out by hand are none of them. top1, outcome: the paper's. otherwise: what else of network and
-- training is not as in the sweep of that table ("epochs=90"), and what of the training that fusion starts from is not as its own
-- ("pretrain.epochs=10"); empty where nothing is. state: that of the job that most keeps the
-- cell from being done. SQLite 3.40 refuses json_extract() and its like in views, hence the texts.
WITH printed AS MATERIALIZED (
  SELECT p.*,
         channels || '/' || depth || iif(family = 'convmixer', '/' || patch || '/' || kernel, '') AS label,
         iif(mapping = 'none', 'none',
             mapping || ' ' || share_rate || iif(distribution = 'uniform', '', ' ' || distribution)) AS sharing,
         '0 imagenet 0 ' || iif(fusion = 'none', '', init || ' ') || fusion || ' ' || channels || ' ' || depth || ' ' || family ||
         iif(family = 'deit', ' ' || (channels / 64), '') || coalesce(' ' || kernel, '') || iif(family = 'convmixer', '', ' 4.0') ||
         ' ' || patch || ' ' || resolution || coalesce(' ' || replace(shared_components, '+', ' '), '') || ' 0.0' ||
         coalesce(' ' || transform_group, '') AS design
  FROM paper p
),
recipe (family, text) AS (VALUES
  ('convmixer', '{"network":{"activation":"relu","dropout":0,"pointwise_residual":true},
    "training":{"accumulation":4,"batch_size":256,"clip_grad_norm":1,"crop":"random_resized","cutmix":0.5,"epochs":@,
    "eps":0.001,"flip":0.5,
    "label_smoothing":0.1,"lr":0.01,"mixup":0.5,"optimizer":"adamw","precision":"fp32",
    "randaugment":{"increasing":true,"layers":2,"magnitude":9,"magnitude_std":0.5},"random_erasing":0.25,
    "random_erasing_mode":"pixel","schedule":"one_cycle_linear","warmup_epochs":0,"weight_decay":0.00002}}'),
  ('convnext', '{"network":{"activation":"gelu","dropout":0,"layer_scale":0},
    "training":{"accumulation":16,"batch_size":4096,"clip_grad_norm":0,"crop":"random_resized","cutmix":1,
    "ema":0.9999,"epochs":@,"flip":0.5,
    "label_smoothing":0.1,"lr":0.004,"mixup":0.8,"optimizer":"adamw","precision":"fp32",
    "randaugment":{"increasing":true,"layers":2,"magnitude":9,"magnitude_std":0.5},"random_erasing":0.25,
    "random_erasing_mode":"pixel","schedule":"cosine","stochastic_depth":0.1,"warmup_epochs":50,"weight_decay":0.05}}'),
  ('deit', '{"network":{"dropout":0},
    "training":{"batch_size":256,"clip_grad_norm":0,"crop":"random_resized","cutmix":1,"epochs":@,"flip":0.5,
    "label_smoothing":0.1,"lr":0.00025,"mixup":0.8,"optimizer":"adamw","precision":"fp32",
    "randaugment":{"increasing":true,"layers":2,"magnitude":9,"magnitude_std":0.5},"random_erasing":0.25,
    "random_erasing_mode":"pixel","repeated_augmentation":3,"schedule":"cosine","stochastic_depth":0.1,"warmup_epochs":5,
    "weight_decay":0.05}}')
)
SELECT s.name AS sweep,
       s.id AS sweep_id,
       s.id = (SELECT max(n.id) FROM sweep n WHERE n.name = s.name AND n.deleting = 0) AS newest,
       c.position AS cell,
       p.table_number AS table_number,  -- of the paper
       p.row_number AS row_number,  -- from 1 within its table
       p.params_m AS params_m,  -- the paper's, millions
       p.flops_g AS flops_g,  -- the paper's, thousand millions
       p.top1 AS top1,  -- the paper's, percent
       p.outcome AS outcome,  -- the paper's
       (WITH leaf AS MATERIALIZED (
          SELECT x.side AS side,
                 replace(replace(replace(fullkey, '"', ''), '$.network.', ''), '$.training.', '') AS name,
                 iif(type IN ('true', 'false'), type, atom) AS value
          FROM (SELECT 'ours' AS side, {config of cell c.position} AS config
                UNION ALL
                SELECT 'start', {config of what cell c.position starts from}
                UNION ALL
                SELECT 'paper', replace((SELECT text FROM recipe WHERE family = p.family), '@',
                                        iif(p.channels = 1536, 150, 300))) x,
               json_tree(x.config)
          WHERE (path GLOB '$.network*' OR path GLOB '$.training*') AND type NOT IN ('object', 'array')
            AND key NOT IN ('family', 'channels', 'depth', 'patch', 'kernel', 'resolution', 'heads', 'mlp_ratio', 'label_noise')
        )
        SELECT coalesce(group_concat(name || '=' || coalesce(value, 'default'), ' '), '')
        FROM (SELECT name, max(iif(side = 'ours', value, NULL)) AS value
              FROM leaf WHERE side <> 'start'
              GROUP BY name HAVING max(iif(side = 'ours', value, NULL)) IS NOT max(iif(side = 'paper', value, NULL))
              UNION ALL
              SELECT 'pretrain.' || name, max(iif(side = 'start', value, NULL))
              FROM leaf WHERE side <> 'paper' AND p.init = 'pretrained'
              GROUP BY name HAVING max(iif(side = 'start', value, NULL)) IS NOT max(iif(side = 'ours', value, NULL)))) AS otherwise,  -- what is not as in the sweep of that table, as epochs=90; empty where nothing is
       (SELECT CASE WHEN sum(state = 'failed') THEN 'failed'
                    WHEN sum(state = 'blocked') THEN 'blocked'
                    WHEN sum(state = 'cancelled') THEN 'cancelled'
                    WHEN sum(state = 'paused') THEN 'paused'
                    WHEN sum(state = 'running') THEN 'running'
                    WHEN sum(state IN ('waiting', 'ready', 'backoff')) THEN 'queued'
                    WHEN sum(state = 'completed') THEN 'completed'
                    ELSE 'diverged' END
        FROM (SELECT {state of job j} AS state
              FROM {jobs of cell c.position}
              LEFT JOIN job_state st ON st.job = j.key
              LEFT JOIN result r ON r.job = j.key)) AS state  -- of the job that most keeps the cell from being done; queued where one waits
FROM sweep s
CROSS JOIN labelled_cell c ON c.sweep = s.id
                          AND substr(c.network, 1, instr(c.network || '@', '@') - 1) IN (SELECT label FROM printed)
CROSS JOIN printed p ON p.label = substr(c.network, 1, instr(c.network || '@', '@') - 1) AND p.sharing = c.sharing
WHERE s.deleting = 0
  AND p.design = (SELECT group_concat(atom, ' ')
                  FROM (SELECT atom
                        FROM json_tree({config of cell c.position})
                        WHERE CASE path
                                WHEN '$.dataset' THEN key IN ('eval_limit', 'name', 'train_limit')
                                WHEN '$.fusion' THEN 1
                                WHEN '$.network'
                                THEN key IN ('channels', 'depth', 'family', 'heads', 'kernel', 'mlp_ratio', 'patch', 'resolution')
                                WHEN '$.sharing.components' THEN 1
                                WHEN '$.training' THEN key = 'label_noise'
                                WHEN '$.transform' THEN key = 'group'
                              END
                        ORDER BY id))
