-- verify_running: lines whose on_hand_after is not the sum of their pile's changes so far, or whose copy of
-- occurred_at is not their movement's (a stocktake's lines: is later), or which lie in another depot's pile.
--   takes   depot_id or null
SELECT depot.code || '/' || line.position,
    CASE
        WHEN line.holding_depot_id <> line.depot_id THEN 'Line ' || line.line_no || ' lies in another depot''s pile'
        WHEN line.occurred_at <> movement.occurred_at AND (movement.kind <> 'stocktake' OR line.occurred_at > movement.occurred_at)
            THEN 'Line ' || line.line_no || ' is dated ' || line.occurred_at
            || ', its movement ' || movement.occurred_at
        ELSE 'Line ' || line.line_no || ' says ' || line.on_hand_after || ' on hand after it; the log says '
            || line.running
    END
FROM (
    SELECT line.depot_id, line.position, line.line_no, line.occurred_at, line.on_hand_after,
        holding.depot_id AS holding_depot_id,
        sum(line.change) OVER (PARTITION BY line.holding_id ORDER BY line.position, line.line_no) AS running
    FROM ledger_movementline AS line
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
    WHERE %(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s
) AS line
JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
JOIN depots_depot AS depot ON depot.id = line.depot_id
WHERE line.running <> line.on_hand_after
    OR (line.occurred_at <> movement.occurred_at AND (movement.kind <> 'stocktake' OR line.occurred_at > movement.occurred_at))
    OR line.holding_depot_id <> line.depot_id
ORDER BY depot.code, line.position, line.line_no;
