-- changes_by_day: by how much an item's stock in some depots changed on each local day that changed it, together.
--   takes   depots: bigint[]; item_id; from_at, until_at: from <= occurred_at < until; believed: only what was recorded
--           up to then is in, 'infinity' for everything; zone: the name of the store's time zone
--   needs   indexes holding_unique, line_pile_by_day, movement_recorded
WITH head AS MATERIALIZED (
    SELECT scope.depot_id, last.position
    FROM unnest(%(depots)s::bigint[]) AS scope (depot_id)
    CROSS JOIN LATERAL (
        SELECT movement.position
        FROM ledger_movement AS movement
        WHERE movement.depot_id = scope.depot_id AND movement.recorded_at <= %(believed)s::timestamptz
        ORDER BY movement.recorded_at DESC, movement.position DESC
        LIMIT 1
    ) AS last
)
SELECT (line.occurred_at AT TIME ZONE %(zone)s)::date AS day, sum(line.change) AS change
FROM head
JOIN ledger_holding AS holding ON holding.depot_id = head.depot_id AND holding.item_id = %(item_id)s
JOIN ledger_movementline AS line ON line.depot_id = holding.depot_id AND line.holding_id = holding.id
WHERE line.occurred_at >= %(from_at)s
    AND line.occurred_at < %(until_at)s
    AND line.position <= head.position
GROUP BY day
HAVING sum(line.change) <> 0
ORDER BY day;
