-- fuel_balances: what a depot's piles of some liquid fuels hold, in litres at 15 °C and in kg (null: never measured).
--   takes   depot_id; item_ids: bigint[]
--   needs   index fuel_pile
SELECT holding.bin_id, holding.item_id, lot.code, holding.grade, holding.purpose, holding.on_hand, last.kg_after
FROM ledger_holding AS holding
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
LEFT JOIN LATERAL (
    SELECT fuel.kg_after
    FROM ledger_fuelreading AS fuel
    WHERE fuel.depot_id = holding.depot_id AND fuel.holding_id = holding.id
    ORDER BY fuel.position DESC, fuel.line_no DESC
    LIMIT 1
) AS last ON true
WHERE holding.depot_id = %(depot_id)s AND holding.item_id = ANY(%(item_ids)s::bigint[]) AND holding.is_stocked;
