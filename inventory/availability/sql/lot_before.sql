-- lot_before: what a depot had of one lot of an item at the start of an instant, over all its piles.
--   takes   depot_id, item_id; lot: its code; from_at: lines dated from then on are not in
--   needs   indexes holding_unique, line_pile_by_day
-- Counted back from what there is now: a lot's life is short, so these are few lines.
SELECT coalesce(sum(holding.on_hand - coalesce(later.change, 0)), 0)
FROM ledger_holding AS holding
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
CROSS JOIN LATERAL (
    SELECT sum(line.change) AS change
    FROM ledger_movementline AS line
    WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id AND line.occurred_at >= %(from_at)s
) AS later
WHERE holding.depot_id = %(depot_id)s AND holding.item_id = %(item_id)s AND lot.code = %(lot)s;
