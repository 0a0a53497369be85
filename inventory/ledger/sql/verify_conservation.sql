-- verify_conservation: movements that made or lost stock though their kind does neither.
--   takes   depot_id or null
-- A transfer moves stock between a pile and the road; a relocation, regrade or repurpose between two piles. With that,
-- Σ on hand + Σ in transit = Σ receipts, returns, openings − Σ issues, disposals ± adjustments and stocktakes, per item,
-- once piles and consignments equal their lines (verify_piles, verify_consignments).
SELECT depot.code || '/' || movement.position,
    'A ' || coalesce(original.kind, movement.kind) || ' of ' || item.code || ' changes the store by '
        || sum(line.change + line.transit_change)
FROM ledger_movementline AS line
JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
LEFT JOIN ledger_movement AS original
    ON original.depot_id = movement.depot_id AND original.position = movement.reverses
JOIN ledger_holding AS holding ON holding.id = line.holding_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN depots_depot AS depot ON depot.id = movement.depot_id
WHERE (%(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s)
  AND coalesce(original.kind, movement.kind)
      IN ('transfer_out', 'transfer_in', 'relocation', 'regrade', 'repurpose')
GROUP BY depot.code, movement.depot_id, movement.position, movement.kind, original.kind, item.code
HAVING sum(line.change + line.transit_change) <> 0
ORDER BY depot.code, movement.position;
