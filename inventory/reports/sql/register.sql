-- register: the vouchers recorded between two instants, by depot and number, each with what it reverses or is reversed by.
--   takes   depots: bigint[]; from_at, until_at: from <= recorded_at < until; kind: text or NULL; page_size
--   needs   indexes movement_recorded, movement_reversed_once
SELECT depot.code AS depot, depot.name AS depot_name, movement.position, movement.number, movement.kind,
    movement.occurred_at, movement.recorded_at, movement.actor, movement.counterparty,
    coalesce(destination.code, '') AS to_depot, movement.order_number, movement.reason,
    original.number AS reverses, movement.reverses AS reverses_position,
    undoing.number AS reversed_by, undoing.position AS reversed_by_position,
    (
        SELECT count(*)
        FROM ledger_movementline AS line
        WHERE line.depot_id = movement.depot_id AND line.position = movement.position
    ) AS lines
FROM ledger_movement AS movement
JOIN depots_depot AS depot ON depot.id = movement.depot_id
LEFT JOIN depots_depot AS destination ON destination.id = movement.to_depot_id
LEFT JOIN ledger_movement AS original
    ON original.depot_id = movement.depot_id AND original.position = movement.reverses
LEFT JOIN ledger_movement AS undoing
    ON undoing.depot_id = movement.depot_id AND undoing.reverses = movement.position AND undoing.reverses IS NOT NULL
WHERE movement.depot_id = ANY(%(depots)s::bigint[])
    AND movement.recorded_at >= %(from_at)s::timestamptz
    AND movement.recorded_at < %(until_at)s::timestamptz
    AND (%(kind)s::text IS NULL OR movement.kind = %(kind)s::text)
ORDER BY depot.code, movement.number
LIMIT %(page_size)s::integer;
