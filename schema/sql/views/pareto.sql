-- The cells with an accuracy, and whether each stands on a front: no other cell of its sweep is at least as accurate with no more of
-- what counts, and better in one of the two. Most cells are beaten by one of the most accurate: those are looked at first, an order
-- that SQLite keeps because of LIMIT.
WITH c AS MATERIALIZED (SELECT sweep, sweep_id, newest, cell, name, network, sharing, transform, fusion, settings, top1_mean, params, flops
                        FROM cells WHERE top1_mean IS NOT NULL ORDER BY top1_mean DESC LIMIT -1)
SELECT sweep,
       sweep_id,
       newest,
       cell,
       name,
       network,
       sharing,
       transform,
       fusion,
       settings,
       top1_mean,
       params,
       flops,
       {front of params} AS on_params,  -- 1 on the front of top-1 and parameters
       {front of flops} AS on_flops,  -- 1 on the front of top-1 and FLOPs
       {front of both} AS on_both  -- 1 on the front of top-1, parameters and FLOPs
FROM c
