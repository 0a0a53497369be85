-- fill_headers: the movements above the lines, unhashed: for a store that is only asked questions.
--   takes   poster_id, poster
--   needs   fill_lines run before
INSERT INTO ledger_movement (
    depot_id, position, kind, number, occurred_at, recorded_at, recorded_by_id, actor, counterparty, order_number,
    reason, key, request_digest, previous_hash, hash)
SELECT line.depot_id, line.position, CASE WHEN line.change > 0 THEN 'receipt' ELSE 'issue' END,
    'F-' || line.position, line.occurred_at, line.occurred_at + interval '5 minutes', %(poster_id)s, %(poster)s,
    'Đơn vị mẫu', '', '', 'fill-' || line.position, ''::bytea, ''::bytea, ''::bytea
FROM ledger_movementline AS line
WHERE line.line_no = 1
ORDER BY line.depot_id, line.position;
