-- open_piles: make the piles that goods arrive in for the first time, with the balance they end on.
--   takes   piles: json array of {depot_id, bin_id, item_id, lot_id, grade, purpose, change, occurred_at}, each pile once
--   needs   the depots' logs locked
INSERT INTO ledger_holding (depot_id, bin_id, item_id, lot_id, grade, purpose, on_hand, allocated, last_occurred_at)
SELECT depot_id, bin_id, item_id, lot_id, grade, purpose, change, 0, occurred_at
FROM json_to_recordset(%(piles)s::json) AS pile (
    depot_id bigint, bin_id bigint, item_id bigint, lot_id bigint, grade smallint, purpose text,
    change numeric, occurred_at timestamptz)
RETURNING depot_id, item_id, lot_id, bin_id, grade, purpose, id;
