-- fill_limits: one well-filled pile of each item in the depots that the limits write to.
--   takes   limits: bigint[]; in_stock, start_at
--   needs   fill_lines run before, so that these piles have no lines
INSERT INTO ledger_holding (depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last_occurred_at)
SELECT bin.depot_id, bin.id, aged.item_id, aged.lot_id, 1, 'THUONG_XUYEN', %(in_stock)s, 0, %(start_at)s
FROM depots_bin AS bin
JOIN aged ON aged.age = 0
WHERE bin.depot_id = ANY(%(limits)s)
ORDER BY bin.depot_id, aged.item_id;
