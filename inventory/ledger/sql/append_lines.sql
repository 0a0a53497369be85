-- append_lines: write the lines of movements, each to its pile.
--   takes   lines: json array, a pile named by its parts; what most lines leave blank may be absent
--   needs   fold_piles run before in this transaction, so that every pile exists
INSERT INTO ledger_movementline (
    depot_id, position, line_no, entry_no, holding_id, occurred_at, change, on_hand_after, transit_change,
    consignment_line, entered_quantity, entered_unit, unit_price, scheduled_quantity, expires_date, reason)
SELECT line.depot_id, line.position, line.line_no, line.entry_no, holding.id, line.occurred_at, line.change,
    line.on_hand_after, coalesce(line.transit_change, 0), line.consignment_line, line.entered_quantity, line.entered_unit,
    line.unit_price, line.scheduled_quantity, line.expires_date, coalesce(line.reason, '')
FROM json_to_recordset(%(lines)s::json) AS line (
    depot_id bigint, position bigint, line_no integer, entry_no integer, bin_id bigint, item_id bigint, lot_id bigint,
    grade smallint, purpose text, occurred_at timestamptz, change numeric, on_hand_after numeric,
    transit_change numeric, consignment_line integer, entered_quantity numeric, entered_unit text,
    unit_price numeric, scheduled_quantity numeric, expires_date date, reason text)
JOIN ledger_holding AS holding
    ON holding.depot_id = line.depot_id AND holding.item_id = line.item_id AND holding.lot_id = line.lot_id
    AND holding.bin_id = line.bin_id AND holding.grade = line.grade AND holding.purpose = line.purpose;
