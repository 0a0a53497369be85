-- fold_piles: bring the balances up to date with what is being appended.
--   takes   piles: json array of {depot_id, bin_id, item_id, lot_id, grade, purpose, change, occurred_at}, each pile once
--   needs   the depots' logs locked
--   breaks  holding_on_hand_not_negative, holding_allocated_within_on_hand, when a pile would fall too low
-- MERGE, not INSERT … ON CONFLICT: that tests CHECKs on the row it proposes, so every issue would fail.
MERGE INTO ledger_holding AS holding
USING (
    SELECT * FROM json_to_recordset(%(piles)s::json) AS pile (
        depot_id bigint, bin_id bigint, item_id bigint, lot_id bigint, grade smallint, purpose text,
        change numeric, occurred_at timestamptz)
) AS entry
ON holding.depot_id = entry.depot_id AND holding.item_id = entry.item_id AND holding.lot_id = entry.lot_id
    AND holding.bin_id = entry.bin_id AND holding.grade = entry.grade AND holding.purpose = entry.purpose
WHEN MATCHED THEN
    UPDATE SET on_hand = holding.on_hand + entry.change,
        last_occurred_at = greatest(holding.last_occurred_at, entry.occurred_at)
WHEN NOT MATCHED THEN
    INSERT (depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last_occurred_at)
    VALUES (entry.depot_id, entry.bin_id, entry.item_id, entry.lot_id, entry.grade, entry.purpose, entry.change, 0,
        entry.occurred_at);
