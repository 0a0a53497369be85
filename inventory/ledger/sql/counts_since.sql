-- counts_since: the counts of piles since an instant that still hold: posted by a stocktake, and not undone since.
--   takes   depot_ids, holding_ids: bigint[], since: timestamptz[] side by side
--   needs   the depots' logs locked; index line_pile_by_day
-- A stocktake's line with a scheduled quantity (what the book said) is a count; one without offsets a late entry.
SELECT line.holding_id, line.occurred_at, line.position, movement.number, line.entered_quantity
FROM unnest(%(depot_ids)s::bigint[], %(holding_ids)s::bigint[], %(since)s::timestamptz[])
    AS asked (depot_id, holding_id, since)
JOIN ledger_movementline AS line
    ON line.depot_id = asked.depot_id AND line.holding_id = asked.holding_id AND line.occurred_at > asked.since
JOIN ledger_movement AS movement
    ON movement.depot_id = line.depot_id AND movement.position = line.position AND movement.kind = 'stocktake'
WHERE line.scheduled_quantity IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_movement AS reversal
        JOIN ledger_movementline AS undone
            ON undone.depot_id = reversal.depot_id AND undone.position = reversal.position
        WHERE reversal.depot_id = line.depot_id AND reversal.reverses = line.position
            AND undone.entry_no = line.entry_no
    )
ORDER BY line.occurred_at;
