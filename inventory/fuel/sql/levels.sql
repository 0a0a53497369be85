-- levels: the tanks of depots and what lies in them now: litres at 15 °C and kg, and when they were last dipped.
--   takes   depot_ids: bigint[]; bin_id: of one tank, or null for all
--   gives   holds_others: goods that are not kept as liquid fuel lie there; kg null where some of the fuel was never measured; item_id the fuel in it, or the one it is for
SELECT depot.code, depot.name, bin.id AS bin_id, bin.code AS bin, bin.name AS bin_name, bin.is_active,
    tank.capacity_litres, coalesce(pile.item_id, tank.product_id) AS item_id, pile.items, pile.piles,
    coalesce(pile.litres_15, 0) AS litres_15,
    EXISTS (
        SELECT 1 FROM ledger_holding AS holding
        JOIN catalogue_item AS item ON item.id = holding.item_id AND item.fuel_group = ''
        WHERE holding.depot_id = bin.depot_id AND holding.bin_id = bin.id AND holding.is_stocked
    ) AS holds_others,
    CASE WHEN pile.measured = pile.piles THEN pile.kg WHEN pile.piles IS NULL THEN 0 END AS kg, dip.at AS dipped_at
FROM depots_bin AS bin
JOIN depots_depot AS depot ON depot.id = bin.depot_id
LEFT JOIN depots_tank AS tank ON tank.bin_id = bin.id
LEFT JOIN LATERAL (
    SELECT min(holding.item_id) AS item_id, nullif(count(DISTINCT holding.item_id), 0) AS items,
        nullif(count(*), 0) AS piles, count(last.kg_after) AS measured, sum(holding.on_hand) AS litres_15,
        sum(last.kg_after) AS kg
    FROM ledger_holding AS holding
    JOIN catalogue_item AS item ON item.id = holding.item_id AND item.fuel_group <> ''
    LEFT JOIN LATERAL (
        SELECT fuel.kg_after
        FROM ledger_fuelreading AS fuel
        WHERE fuel.depot_id = holding.depot_id AND fuel.holding_id = holding.id
        ORDER BY fuel.position DESC, fuel.line_no DESC
        LIMIT 1
    ) AS last ON true
    WHERE holding.depot_id = bin.depot_id AND holding.bin_id = bin.id AND holding.is_stocked
) AS pile ON true
LEFT JOIN LATERAL (
    SELECT max(line.occurred_at) AS at
    FROM ledger_fuelreading AS fuel
    JOIN ledger_holding AS holding ON holding.id = fuel.holding_id AND holding.bin_id = bin.id
    JOIN ledger_movementline AS line
        ON line.depot_id = fuel.depot_id AND line.position = fuel.position AND line.line_no = fuel.line_no
    JOIN ledger_movement AS movement
        ON movement.depot_id = fuel.depot_id AND movement.position = fuel.position AND movement.kind = 'stocktake'
    WHERE fuel.depot_id = bin.depot_id AND line.scheduled_quantity IS NOT NULL
) AS dip ON true
WHERE bin.kind = 'tank' AND bin.depot_id = ANY(%(depot_ids)s::bigint[])
    AND (%(bin_id)s::bigint IS NULL OR bin.id = %(bin_id)s)
    AND (bin.is_active OR pile.piles IS NOT NULL)
ORDER BY depot.code, bin.code;
