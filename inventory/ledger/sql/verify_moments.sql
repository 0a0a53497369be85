-- verify_moments: piles that were below zero at some moment, by the days stock moved on.
--   takes   depot_id or null
-- Changes of one moment count together: a pair takes out before it puts in.
SELECT depot.code || ' ' || item.code || ' ' || lot.code,
    'Was ' || moment.balance || ' at ' || moment.occurred_at
FROM (
    SELECT holding_id, occurred_at, sum(sum(change)) OVER (PARTITION BY holding_id ORDER BY occurred_at) AS balance
    FROM ledger_movementline AS line
    WHERE %(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s
    GROUP BY holding_id, occurred_at
) AS moment
JOIN ledger_holding AS holding ON holding.id = moment.holding_id
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE moment.balance < 0
ORDER BY 1, moment.occurred_at;
