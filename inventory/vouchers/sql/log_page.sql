-- log_page: movements of one depot's logbook for the screen, newest first, a row per movement.
--   takes   depot_id; positions: bigint[]
--   gives   beside the header: how many lines, the item of the first, and the position that reversed it, if any
SELECT movement.position, movement.number, movement.kind, movement.occurred_at, movement.recorded_at, movement.actor,
    movement.counterparty, movement.order_number, movement.order_date, coalesce(to_depot.code, '') AS to_depot,
    coalesce(sender.code, '') AS from_depot, movement.consignment_position, movement.reason, movement.reverses,
    reversal.position AS reversed_by, lines.count AS line_count, item.code AS item, item.name AS item_name,
    item.name_en AS item_name_en
FROM ledger_movement AS movement
LEFT JOIN depots_depot AS to_depot ON to_depot.id = movement.to_depot_id
LEFT JOIN depots_depot AS sender ON sender.id = movement.consignment_depot_id
LEFT JOIN ledger_movement AS reversal
    ON reversal.depot_id = movement.depot_id AND reversal.reverses = movement.position
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(line.line_no) AS first
    FROM ledger_movementline AS line
    WHERE line.depot_id = movement.depot_id AND line.position = movement.position
) AS lines
LEFT JOIN ledger_movementline AS line
    ON line.depot_id = movement.depot_id AND line.position = movement.position AND line.line_no = lines.first
LEFT JOIN ledger_holding AS holding ON holding.id = line.holding_id
LEFT JOIN catalogue_item AS item ON item.id = holding.item_id
WHERE movement.depot_id = %(depot_id)s
    AND movement.position = ANY(%(positions)s::bigint[])
ORDER BY movement.position DESC;
