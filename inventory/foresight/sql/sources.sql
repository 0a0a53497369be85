-- sources: from which depot an item mostly came to a depot by consignment.
--   takes   depots: bigint[]; items: bigint[] or NULL for all; since: only what left from then on
--   needs   index consignment_by_item where items are given
--   gives   to_depot_id, item_id, depot_id: of equals the depot first in code
SELECT DISTINCT ON (road.to_depot_id, road.item_id) road.to_depot_id, road.item_id, road.depot_id
FROM ledger_consignmentline AS road
JOIN depots_depot AS depot ON depot.id = road.depot_id
WHERE road.sent > 0
    AND road.received > 0
    AND road.sent_at >= %(since)s
    AND road.to_depot_id = ANY(%(depots)s::bigint[])
    AND (%(items)s::bigint[] IS NULL OR road.item_id = ANY(%(items)s::bigint[]))
GROUP BY road.to_depot_id, road.item_id, road.depot_id, depot.code
ORDER BY road.to_depot_id, road.item_id, count(*) DESC, depot.code;
