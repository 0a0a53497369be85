-- verify_counts: counts that hold but are not what the book says of their instant; offsets tied to no stocktake.
--   takes   depot_id or null
-- Up to a count that holds, what happened to its pile before it, and what stocktakes did at it, sum to what was counted.
-- When something happened: as books_at says.
WITH counted AS (
    SELECT line.*
    FROM ledger_movement AS movement
    JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
    WHERE movement.kind = 'stocktake' AND line.scheduled_quantity IS NOT NULL
        AND (%(depot_id)s::bigint IS NULL OR movement.depot_id = %(depot_id)s)
        AND NOT EXISTS (
            SELECT 1
            FROM ledger_movement AS reversal
            JOIN ledger_movementline AS undone
                ON undone.depot_id = reversal.depot_id AND undone.position = reversal.position
            WHERE reversal.depot_id = line.depot_id AND reversal.reverses = line.position
                AND undone.entry_no = line.entry_no
        )
), happened AS (
    SELECT line.depot_id, line.holding_id, line.change,
        coalesce(original.occurred_at, upheld.occurred_at, line.occurred_at) AS at,
        coalesce(undone.kind, movement.kind) = 'stocktake' AS is_of_stocktake
    FROM ledger_movementline AS line
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    LEFT JOIN ledger_movement AS undone ON undone.depot_id = movement.depot_id AND undone.position = movement.reverses
    LEFT JOIN ledger_movementline AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
        AND original.entry_no = line.entry_no AND original.holding_id = line.holding_id
    LEFT JOIN ledger_countoffset AS tie ON tie.depot_id = line.depot_id AND tie.position = line.position
    LEFT JOIN ledger_movementline AS upheld
        ON upheld.depot_id = tie.depot_id AND upheld.position = tie.count_position
        AND upheld.holding_id = line.holding_id
    WHERE line.holding_id IN (SELECT counted.holding_id FROM counted)
)
SELECT depot.code || '/' || counted.position,
    'Line ' || counted.line_no || ' counted ' || counted.entered_quantity || ' of ' || item.code || ' ' || lot.code
        || ', the log says ' || coalesce(told.balance, 0)
FROM counted
JOIN ledger_holding AS holding ON holding.id = counted.holding_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN depots_depot AS depot ON depot.id = counted.depot_id
CROSS JOIN LATERAL (
    SELECT sum(happened.change) AS balance
    FROM happened
    WHERE happened.holding_id = counted.holding_id
        AND (happened.at < counted.occurred_at OR (happened.at = counted.occurred_at AND happened.is_of_stocktake))
) AS told
WHERE coalesce(told.balance, 0) <> counted.entered_quantity
UNION ALL
SELECT depot.code || '/' || line.position, 'Line ' || line.line_no || ' offsets an entry, but no stocktake is tied to it'
FROM ledger_movement AS movement
JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
JOIN depots_depot AS depot ON depot.id = movement.depot_id
WHERE movement.kind = 'stocktake' AND line.scheduled_quantity IS NULL
    AND (%(depot_id)s::bigint IS NULL OR movement.depot_id = %(depot_id)s)
    AND NOT EXISTS (
        SELECT 1 FROM ledger_countoffset AS tie
        WHERE tie.depot_id = line.depot_id AND tie.position = line.position
    )
ORDER BY 1;
