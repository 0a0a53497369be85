-- road_by_depot: what is on the road to some depots, and what they sent that came otherwise; a row per depot.
--   takes   depots: bigint[]
--   needs   indexes consignment_open_item and the primary key; only lines that are not closed are read
--   gives   depot_id, arriving (consignments of which something can still come), oldest_sent_at of those,
--           differing (lines it sent of which something was said and something is left); depots with neither are out
SELECT depot_id, sum(arriving)::bigint AS arriving, min(oldest_sent_at) AS oldest_sent_at,
    sum(differing)::bigint AS differing
FROM (
    SELECT line.to_depot_id AS depot_id, count(DISTINCT (line.depot_id, line.position)) AS arriving,
        min(line.sent_at) AS oldest_sent_at, 0 AS differing
    FROM ledger_consignmentline AS line
    WHERE line.in_transit > 0 AND line.to_depot_id = ANY(%(depots)s::bigint[])
    GROUP BY line.to_depot_id
    UNION ALL
    SELECT line.depot_id, 0, NULL, count(*)
    FROM ledger_consignmentline AS line
    WHERE line.in_transit <> 0
        AND (line.received <> 0 OR line.settled <> 0)
        AND line.depot_id = ANY(%(depots)s::bigint[])
    GROUP BY line.depot_id
) AS part
GROUP BY depot_id;
