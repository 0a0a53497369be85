-- pile_history: everything that changed the fuel of one item in one bin, in the order it happened, with its readings.
--   takes   depot_id, bin_id, item_id
--   needs   index line_pile_by_day
SELECT line.occurred_at AS at, movement.position, movement.number, movement.kind, line.change, line.on_hand_after,
    line.scheduled_quantity AS book, fuel.litres, fuel.temperature, fuel.density, fuel.density_15, fuel.litres_15, fuel.kg,
    fuel.kg_change, fuel.kg_after, movement.kind = 'stocktake' AND line.scheduled_quantity IS NOT NULL AS is_count,
    EXISTS (
        SELECT 1 FROM ledger_movement AS reversal
        WHERE reversal.depot_id = movement.depot_id AND reversal.reverses = movement.position
    ) OR movement.reverses IS NOT NULL AS is_undone
FROM ledger_holding AS holding
JOIN ledger_movementline AS line ON line.depot_id = holding.depot_id AND line.holding_id = holding.id
JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
LEFT JOIN ledger_fuelreading AS fuel
    ON fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
WHERE holding.depot_id = %(depot_id)s AND holding.bin_id = %(bin_id)s AND holding.item_id = %(item_id)s
ORDER BY line.occurred_at, movement.position, line.line_no;
