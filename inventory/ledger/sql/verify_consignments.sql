-- verify_consignments: consignment lines whose sent, received and settled are not what the logs say.
--   takes   depot_id (the sender) or null
-- A reversal counts against what its original did.
WITH told AS (
    SELECT coalesce(movement.consignment_depot_id, movement.depot_id) AS depot_id,
        coalesce(movement.consignment_position, movement.position) AS position,
        line.consignment_line AS line_no,
        sum(line.transit_change) FILTER (WHERE coalesce(original.kind, movement.kind) = 'transfer_out') AS sent,
        -sum(line.transit_change) FILTER (WHERE coalesce(original.kind, movement.kind) = 'transfer_in') AS received,
        -sum(line.transit_change) FILTER (WHERE coalesce(original.kind, movement.kind) = 'adjustment') AS settled
    FROM ledger_movementline AS line
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    LEFT JOIN ledger_movement AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
    WHERE line.consignment_line IS NOT NULL
    GROUP BY 1, 2, 3
)
SELECT depot.code || '/' || coalesce(line.position, told.position) || ' line ' || coalesce(line.line_no, told.line_no),
    'Sent, received, settled are ' || coalesce(line.sent, 0) || ', ' || coalesce(line.received, 0) || ', '
        || coalesce(line.settled, 0) || '; the logs say ' || coalesce(told.sent, 0) || ', '
        || coalesce(told.received, 0) || ', ' || coalesce(told.settled, 0)
FROM ledger_consignmentline AS line
FULL JOIN told ON told.depot_id = line.depot_id AND told.position = line.position AND told.line_no = line.line_no
JOIN depots_depot AS depot ON depot.id = coalesce(line.depot_id, told.depot_id)
WHERE (%(depot_id)s::bigint IS NULL OR depot.id = %(depot_id)s)
  AND (coalesce(line.sent, 0) <> coalesce(told.sent, 0) OR coalesce(line.received, 0) <> coalesce(told.received, 0)
       OR coalesce(line.settled, 0) <> coalesce(told.settled, 0))
ORDER BY 1;
