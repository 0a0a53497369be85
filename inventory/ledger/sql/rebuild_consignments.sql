-- rebuild_consignments: set what is on the road to what the logs say was sent, received and settled.
--   needs   every log locked
WITH told AS (
    SELECT coalesce(movement.consignment_depot_id, movement.depot_id) AS depot_id,
        coalesce(movement.consignment_position, movement.position) AS position,
        line.consignment_line AS line_no,
        coalesce(sum(line.transit_change)
            FILTER (WHERE coalesce(original.kind, movement.kind) = 'transfer_out'), 0) AS sent,
        coalesce(-sum(line.transit_change)
            FILTER (WHERE coalesce(original.kind, movement.kind) = 'transfer_in'), 0) AS received,
        coalesce(-sum(line.transit_change)
            FILTER (WHERE coalesce(original.kind, movement.kind) = 'adjustment'), 0) AS settled
    FROM ledger_movementline AS line
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    LEFT JOIN ledger_movement AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
    WHERE line.consignment_line IS NOT NULL
    GROUP BY 1, 2, 3
)
UPDATE ledger_consignmentline AS line
SET sent = told.sent, received = told.received, settled = told.settled
FROM told
WHERE told.depot_id = line.depot_id AND told.position = line.position AND told.line_no = line.line_no
  AND (line.sent, line.received, line.settled) IS DISTINCT FROM (told.sent, told.received, told.settled);
