-- add_consignments: put what transfers sent on the road.
--   takes   consignments: json array
--   needs   append run before in this transaction
INSERT INTO ledger_consignmentline (
    depot_id, position, line_no, to_depot_id, item_id, lot_id, grade, purpose, sent_at, sent, received, settled)
SELECT depot_id, position, line_no, to_depot_id, item_id, lot_id, grade, purpose, sent_at, sent, 0, 0
FROM json_to_recordset(%(consignments)s::json) AS consignment (
    depot_id bigint, position bigint, line_no integer, to_depot_id bigint, item_id bigint, lot_id bigint,
    grade smallint, purpose text, sent_at timestamptz, sent numeric);
