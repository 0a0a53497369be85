-- one_movement: the least SQL that records one movement; pgbench runs it as the limit of posting.
--   takes   first_depot, first_pile, depots, items, poster_id (pgbench's -D)
--   needs   the depots of the limits, whose piles are numbered without gaps by depot and item
\set depot_rank random(0, :depots - 1)
\set item_rank random(0, :items - 1)
\set depot :first_depot + :depot_rank
\set pile :first_pile + :depot_rank * :items + :item_rank
BEGIN;
SELECT position + 1 AS position FROM ledger_depotlog WHERE depot_id = :depot FOR UPDATE \gset
INSERT INTO ledger_movement (depot_id, position, kind, number, occurred_at, recorded_at, recorded_by_id, actor, counterparty, order_number, reason, key, request_digest, previous_hash, hash) VALUES (:depot, :position, 'receipt', 'PN-' || :position, now(), now(), :poster_id, 'benchmark', 'Đơn vị mẫu', '', '', 'limit-' || :position, '\x0000000000000000000000000000000000000000000000000000000000000000', '\x0000000000000000000000000000000000000000000000000000000000000000', '\x0000000000000000000000000000000000000000000000000000000000000000');
UPDATE ledger_holding SET on_hand = on_hand + 1, last_occurred_at = now() WHERE id = :pile RETURNING on_hand \gset
INSERT INTO ledger_movementline (depot_id, position, line_no, entry_no, holding_id, occurred_at, change, on_hand_after, transit_change, entered_quantity, entered_unit, reason) VALUES (:depot, :position, 1, 1, :pile, now(), 1, :on_hand, 0, 1, 'KGM', '');
UPDATE ledger_depotlog SET position = :position, hash = '\x0000000000000000000000000000000000000000000000000000000000000000', recorded_at = now() WHERE depot_id = :depot;
COMMIT;
