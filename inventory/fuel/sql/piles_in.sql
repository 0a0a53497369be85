-- piles_in: the piles of liquid fuel in one bin, with both their balances.
--   takes   depot_id, bin_id
SELECT holding.id AS holding_id, item.id AS item_id, item.code AS item, lot.code AS lot, holding.grade, holding.purpose,
    holding.on_hand AS litres_15, last.kg_after AS kg
FROM ledger_holding AS holding
JOIN catalogue_item AS item ON item.id = holding.item_id AND item.fuel_group <> ''
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
LEFT JOIN LATERAL (
    SELECT fuel.kg_after
    FROM ledger_fuelreading AS fuel
    WHERE fuel.depot_id = holding.depot_id AND fuel.holding_id = holding.id
    ORDER BY fuel.position DESC, fuel.line_no DESC
    LIMIT 1
) AS last ON true
WHERE holding.depot_id = %(depot_id)s AND holding.bin_id = %(bin_id)s AND holding.is_stocked
ORDER BY item.code, lot.code, holding.grade, holding.purpose;
