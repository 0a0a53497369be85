-- depots_at_a_glance: where some logbooks stand and how much lies in each depot, a row per depot, in the order of codes.
--   takes   depots: bigint[]
--   gives   position and recorded_at of the last movement (0 and NULL for an empty log), how many piles and items
SELECT depot.id, coalesce(log.position, 0) AS position, log.recorded_at, stock.piles, stock.items
FROM depots_depot AS depot
LEFT JOIN ledger_depotlog AS log ON log.depot_id = depot.id
CROSS JOIN LATERAL (
    SELECT count(*) AS piles, count(DISTINCT holding.item_id) AS items
    FROM ledger_holding AS holding
    WHERE holding.depot_id = depot.id AND holding.is_stocked
) AS stock
WHERE depot.id = ANY(%(depots)s::bigint[])
ORDER BY depot.code;
