-- totals: per item what the store (or, apart from it, all exercise depots together) holds and has on the road, and what ever came in, went out and was adjusted.
--   takes   is_exercise: the exercise depots, or all others
--   holds   on_hand + in_transit = inward - outward + adjusted, for every item
-- A reversal counts with the kind of its original, against it.
SELECT item.code AS item,
    sum(line.change) AS on_hand,
    sum(line.transit_change) AS in_transit,
    coalesce(sum(line.change) FILTER (WHERE told.kind IN ('receipt', 'return', 'opening')), 0) AS inward,
    coalesce(-sum(line.change) FILTER (WHERE told.kind IN ('issue', 'disposal')), 0) AS outward,
    coalesce(sum(line.change + line.transit_change) FILTER (WHERE told.kind IN ('adjustment', 'stocktake')), 0)
        AS adjusted
FROM ledger_movementline AS line
JOIN ledger_holding AS holding ON holding.id = line.holding_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN depots_depot AS depot ON depot.id = line.depot_id AND depot.is_exercise = %(is_exercise)s
JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
LEFT JOIN ledger_movement AS original
    ON original.depot_id = movement.depot_id AND original.position = movement.reverses
CROSS JOIN LATERAL (SELECT coalesce(original.kind, movement.kind) AS kind) AS told
GROUP BY item.code
ORDER BY item.code;
