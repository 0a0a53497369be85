-- fill_piles: every pile that ever was in the store's depots: each item in each depot, one lot after the other.
--   takes   depots: bigint[]; rounds, life, received, issued, start_at, step, groups, per_movement: see filling.py
--   needs   fill_kept run before
INSERT INTO ledger_holding (depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last_occurred_at)
SELECT bin.depot_id, bin.id, kept.item_id, aged.lot_id, 1, 'THUONG_XUYEN',
    %(received)s - %(issued)s * (last.round %% %(life)s), 0,
    %(start_at)s + make_interval(secs => (last.round * %(groups)s + kept.at / %(per_movement)s) * %(step)s)
FROM depots_bin AS bin
CROSS JOIN kept
JOIN aged ON aged.item_id = kept.item_id
CROSS JOIN LATERAL (SELECT least((aged.age + 1) * %(life)s, %(rounds)s) - 1 AS round) AS last
WHERE bin.depot_id = ANY(%(depots)s)
ORDER BY bin.depot_id, kept.at, aged.age;
