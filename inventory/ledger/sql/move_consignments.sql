-- move_consignments: what was received, settled or taken back of what is on the road.
--   takes   moves: json array of {depot_id, position, line_no, sent, received, settled}: amounts to add
--   needs   those lines locked by lock_consignments
UPDATE ledger_consignmentline AS line
SET sent = line.sent + move.sent, received = line.received + move.received, settled = line.settled + move.settled
FROM json_to_recordset(%(moves)s::json) AS move (
    depot_id bigint, position bigint, line_no integer, sent numeric, received numeric, settled numeric)
WHERE line.depot_id = move.depot_id AND line.position = move.position AND line.line_no = move.line_no;
