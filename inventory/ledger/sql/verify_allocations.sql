-- verify_allocations: piles whose promised part is not the sum of their open allocations.
--   takes   depot_id or null
SELECT depot.code || ' ' || item.code || ' ' || lot.code,
    'Allocated is ' || holding.allocated || ', open allocations say ' || coalesce(open.quantity, 0)
FROM ledger_holding AS holding
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
LEFT JOIN (
    SELECT holding_id, sum(quantity) AS quantity FROM ledger_allocation WHERE released_at IS NULL GROUP BY holding_id
) AS open ON open.holding_id = holding.id
WHERE (%(depot_id)s::bigint IS NULL OR holding.depot_id = %(depot_id)s)
  AND holding.allocated <> coalesce(open.quantity, 0)
ORDER BY 1;
