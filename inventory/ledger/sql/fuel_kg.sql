-- fuel_kg: what piles of liquid fuel hold in kg: what was there after the last line of each that was measured.
--   takes   depot_ids, item_ids: bigint[] side by side
--   needs   the depots' logs locked, where something is to be posted; index fuel_pile
SELECT holding.id, last.kg_after
FROM unnest(%(depot_ids)s::bigint[], %(item_ids)s::bigint[]) AS asked (depot_id, item_id)
JOIN ledger_holding AS holding ON holding.depot_id = asked.depot_id AND holding.item_id = asked.item_id
CROSS JOIN LATERAL (
    SELECT fuel.kg_after
    FROM ledger_fuelreading AS fuel
    WHERE fuel.depot_id = holding.depot_id AND fuel.holding_id = holding.id
    ORDER BY fuel.position DESC, fuel.line_no DESC
    LIMIT 1
) AS last;
