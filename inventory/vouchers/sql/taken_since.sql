-- taken_since: what left piles after a movement and did not come back, the last first.
--   takes   depot_id; position: bigint (of the movement); holding_ids: bigint[]; most: how many of each pile
SELECT took.holding_id, took.position, movement.number, movement.kind, movement.actor, movement.occurred_at,
    movement.counterparty, coalesce(to_depot.code, '') AS to_depot, -took.change AS quantity
FROM unnest(%(holding_ids)s::bigint[]) AS asked (holding_id)
CROSS JOIN LATERAL (
    SELECT line.depot_id, line.holding_id, line.position, line.change
    FROM ledger_movementline AS line
    WHERE line.depot_id = %(depot_id)s AND line.holding_id = asked.holding_id AND line.position > %(position)s
        AND line.change < 0
        AND NOT EXISTS (
            SELECT 1
            FROM ledger_movement AS reversal
            JOIN ledger_movementline AS back ON back.depot_id = reversal.depot_id AND back.position = reversal.position
            WHERE reversal.depot_id = line.depot_id AND reversal.reverses = line.position
                AND back.entry_no = line.entry_no
        )
    ORDER BY line.position DESC
    LIMIT %(most)s
) AS took
JOIN ledger_movement AS movement ON movement.depot_id = took.depot_id AND movement.position = took.position
LEFT JOIN depots_depot AS to_depot ON to_depot.id = movement.to_depot_id
ORDER BY took.holding_id, took.position DESC;
