-- read_movements: movements of one log with their lines, in business codes, in the order of the log: a row per line.
--   takes   depot_id; after, until: positions, exclusive and inclusive; positions: bigint[] or null for all between
-- The last four columns, with grade and purpose, name the pile by its parts; posting mirrors them in a reversal.
SELECT depot.code AS depot, movement.position, movement.kind, movement.number, movement.occurred_at,
    movement.recorded_at, movement.actor, movement.key, movement.counterparty, movement.order_number,
    movement.order_date, movement.reason AS movement_reason, coalesce(to_depot.code, '') AS to_depot,
    coalesce(sender.code || '/' || movement.consignment_position, '') AS consignment, movement.reverses,
    movement.previous_hash, movement.hash, movement.request_digest,
    line.line_no, line.entry_no, item.code AS item, lot.code AS lot, line.expires_date, bin.code AS bin, holding.grade,
    holding.purpose, line.change, line.on_hand_after, line.transit_change, line.consignment_line,
    line.entered_quantity, line.entered_unit, line.unit_price, line.scheduled_quantity, line.reason,
    item.base_unit_id AS unit, CASE WHEN movement.kind = 'stocktake' THEN line.occurred_at END AS counted_at,
    CASE WHEN fuel.position IS NOT NULL THEN fuel_figures(fuel) END AS fuel,
    holding.depot_id, holding.item_id, holding.lot_id, holding.bin_id
FROM ledger_movement AS movement
JOIN depots_depot AS depot ON depot.id = movement.depot_id
LEFT JOIN depots_depot AS to_depot ON to_depot.id = movement.to_depot_id
LEFT JOIN depots_depot AS sender ON sender.id = movement.consignment_depot_id
LEFT JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
LEFT JOIN ledger_fuelreading AS fuel
    ON fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
LEFT JOIN ledger_holding AS holding ON holding.id = line.holding_id
LEFT JOIN catalogue_item AS item ON item.id = holding.item_id
LEFT JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
LEFT JOIN depots_bin AS bin ON bin.id = holding.bin_id
WHERE movement.depot_id = %(depot_id)s
  AND movement.position > %(after)s AND movement.position <= %(until)s
  AND (%(positions)s::bigint[] IS NULL OR movement.position = ANY(%(positions)s))
ORDER BY movement.position, line.line_no;
