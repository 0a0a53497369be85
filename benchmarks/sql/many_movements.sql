-- many_movements: the same rows as a bulk posting, as plain set-based SQL: the limit of bulk posting.
--   takes   depot_id, position (the head's), poster_id, movements, per_movement (lines of each), items, first_pile
--   needs   the depot's log locked; a depot of the limits, its piles numbered without gaps by item
WITH movement AS (
    INSERT INTO ledger_movement (
        depot_id, position, kind, number, occurred_at, recorded_at, recorded_by_id, actor, counterparty, order_number,
        reason, key, request_digest, previous_hash, hash)
    SELECT %(depot_id)s, %(position)s + no, 'receipt', 'PN-' || %(position)s::bigint + no, now(), now(), %(poster_id)s,
        'benchmark', 'Đơn vị mẫu', '', '', 'limit-' || %(position)s::bigint + no,
        decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
    FROM generate_series(1, %(movements)s) AS no
), line AS (
    SELECT %(position)s + no AS position, line_no,
        %(first_pile)s + ((no - 1) * %(per_movement)s + line_no - 1) %% %(items)s AS holding_id,
        ((no - 1) * %(per_movement)s + line_no - 1) / %(items)s + 1 AS turn
    FROM generate_series(1, %(movements)s) AS no
    CROSS JOIN generate_series(1, %(per_movement)s) AS line_no
), written AS (
    INSERT INTO ledger_movementline (
        depot_id, position, line_no, entry_no, holding_id, occurred_at, change, on_hand_after, transit_change,
        entered_quantity, entered_unit, reason)
    SELECT %(depot_id)s, line.position, line.line_no, line.line_no, line.holding_id, now(), 1,
        holding.on_hand + line.turn, 0, 1, 'KGM', ''
    FROM line
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
), folded AS (
    UPDATE ledger_holding AS holding
    SET on_hand = holding.on_hand + entry.change, last_occurred_at = now()
    FROM (SELECT holding_id, count(*) AS change FROM line GROUP BY holding_id) AS entry
    WHERE holding.id = entry.holding_id
)
UPDATE ledger_depotlog
SET position = position + %(movements)s, hash = decode(repeat('00', 32), 'hex'), recorded_at = now()
WHERE depot_id = %(depot_id)s;
