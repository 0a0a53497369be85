-- told_of_consignments: what receivers and settlements said of consignments, line by line, in the order it was recorded.
--   takes   depot_ids, positions: bigint[] side by side (the senders' movements)
--   gives   `quantity`: what the line took off the road, negative for a surplus that was written on; `kg`: what it
--           weighed by a reading, of liquid fuel only
--   needs   index movement_consignment
SELECT movement.consignment_depot_id, movement.consignment_position, line.consignment_line, movement.kind, depot.code,
    movement.position, movement.number, movement.actor, movement.occurred_at, -line.transit_change AS quantity,
    coalesce(nullif(line.reason, ''), movement.reason) AS reason,
    EXISTS (
        SELECT 1
        FROM ledger_movement AS reversal
        JOIN ledger_movementline AS undone
            ON undone.depot_id = reversal.depot_id AND undone.position = reversal.position
        WHERE reversal.depot_id = movement.depot_id AND reversal.reverses = movement.position
            AND undone.entry_no = line.entry_no
    ) AS is_undone,
    fuel.kg_change AS kg
FROM unnest(%(depot_ids)s::bigint[], %(positions)s::bigint[]) AS asked (depot_id, position)
JOIN ledger_movement AS movement
    ON movement.consignment_depot_id = asked.depot_id AND movement.consignment_position = asked.position
    AND movement.kind IN ('transfer_in', 'adjustment')
JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
JOIN depots_depot AS depot ON depot.id = movement.depot_id
LEFT JOIN ledger_fuelreading AS fuel
    ON fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
ORDER BY movement.recorded_at, movement.depot_id, movement.position, line.line_no;
