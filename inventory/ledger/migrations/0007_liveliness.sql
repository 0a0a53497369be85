-- 0007_liveliness: which piles can have held anything at a past instant, without looking at every pile there ever was.
-- A closing says whose it is, as a line says when it was: so that the closings of one item are found over all depots.
ALTER TABLE ledger_closingbalance ADD COLUMN item_id bigint;
ALTER TABLE ledger_closingbalance DISABLE TRIGGER append_only;
UPDATE ledger_closingbalance AS balance
SET item_id = holding.item_id
FROM ledger_holding AS holding
WHERE holding.id = balance.holding_id;
ALTER TABLE ledger_closingbalance ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_closingbalance ALTER COLUMN item_id SET NOT NULL;
CREATE INDEX closing_of_item ON ledger_closingbalance (item_id, depot_id, month_date) INCLUDE (holding_id);
