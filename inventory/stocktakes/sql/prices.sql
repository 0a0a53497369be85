-- prices: the last unit price known of the goods of a sheet in its depot, per lot.
--   takes   stocktake_id
--   needs   index line_pile_by_position
--   gives   item, lot_id, price of a base unit, position of the movement that says so
-- A price is told for the unit that was typed.
SELECT DISTINCT ON (holding.item_id, holding.lot_id) item.code, holding.lot_id, priced.price, priced.position
FROM (
    SELECT DISTINCT line.item_id, stocktake.depot_id
    FROM stocktakes_sheetline AS line
    JOIN stocktakes_stocktake AS stocktake ON stocktake.id = line.stocktake_id
    WHERE line.stocktake_id = %(stocktake_id)s::uuid
) AS goods
JOIN catalogue_item AS item ON item.id = goods.item_id
JOIN ledger_holding AS holding ON holding.depot_id = goods.depot_id AND holding.item_id = goods.item_id
JOIN LATERAL (
    SELECT round(line.unit_price * line.entered_quantity / line.change, 2) AS price, line.position
    FROM ledger_movementline AS line
    WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id AND line.unit_price IS NOT NULL
        AND line.change > 0
    ORDER BY line.position DESC
    LIMIT 1
) AS priced ON true
ORDER BY holding.item_id, holding.lot_id, priced.position DESC;
