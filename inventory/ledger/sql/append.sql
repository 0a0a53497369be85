-- append: write movements with their lines, and bring the balances, the heads and the voucher series up to date.
--   takes   movements: json array; line_…: arrays side by side, one element per line; piles: json array of
--           {id, change, occurred_at}, each once; heads: json array of {depot_id, position, hash (hex), recorded_at};
--           series: json array of {depot_id, series, year, last_number}; by, actor
--   needs   the depots' logs locked; positions following on their heads; new piles made by open_piles
--   breaks  holding_on_hand_not_negative, holding_allocated_within_on_hand, when a pile would fall too low
-- One statement, because each costs as much to begin as the few rows of a common movement cost to write.
-- Lines come as arrays: there are thousands of them, and reading an object of JSON costs as much as writing its row.
WITH headed AS (
    INSERT INTO ledger_movement (
        depot_id, position, kind, number, occurred_at, recorded_at, recorded_by_id, actor, counterparty, order_number,
        order_date, reason, to_depot_id, consignment_depot_id, consignment_position, reverses, key, request_digest,
        previous_hash, hash)
    SELECT depot_id, position, kind, number, occurred_at, recorded_at, %(by)s, %(actor)s, counterparty, order_number,
        order_date, reason, to_depot_id, consignment_depot_id, consignment_position, reverses, key,
        decode(request_digest, 'hex'), decode(previous_hash, 'hex'), decode(hash, 'hex')
    FROM json_to_recordset(%(movements)s::json) AS movement (
        depot_id bigint, position bigint, kind text, number text, occurred_at timestamptz, recorded_at timestamptz,
        counterparty text, order_number text, order_date date, reason text, to_depot_id bigint,
        consignment_depot_id bigint, consignment_position bigint, reverses bigint, key text, request_digest text,
        previous_hash text, hash text)
), lined AS (
    INSERT INTO ledger_movementline (
        depot_id, position, line_no, entry_no, holding_id, occurred_at, change, on_hand_after, transit_change,
        consignment_line, entered_quantity, entered_unit, unit_price, scheduled_quantity, expires_date, reason)
    SELECT *
    FROM unnest(
        %(line_depot_ids)s::bigint[], %(line_positions)s::bigint[], %(line_nos)s::integer[], %(line_entry_nos)s::integer[],
        %(line_holding_ids)s::bigint[], %(line_occurred_ats)s::timestamptz[], %(line_changes)s::numeric[],
        %(line_on_hand_afters)s::numeric[], %(line_transit_changes)s::numeric[], %(line_consignment_lines)s::integer[],
        %(line_entered_quantities)s::numeric[], %(line_entered_units)s::text[], %(line_unit_prices)s::numeric[],
        %(line_scheduled_quantities)s::numeric[], %(line_expires_dates)s::date[], %(line_reasons)s::text[])
), folded AS (
    UPDATE ledger_holding AS holding
    SET on_hand = holding.on_hand + pile.change,
        last_occurred_at = greatest(holding.last_occurred_at, pile.occurred_at)
    FROM json_to_recordset(%(piles)s::json) AS pile (id bigint, change numeric, occurred_at timestamptz)
    WHERE holding.id = pile.id
), numbered AS (
    INSERT INTO ledger_voucherseries (depot_id, series, year, last_number)
    SELECT depot_id, series, year, last_number
    FROM json_to_recordset(%(series)s::json) AS given (depot_id bigint, series text, year smallint, last_number integer)
    ON CONFLICT (depot_id, series, year) DO UPDATE SET last_number = excluded.last_number
)
UPDATE ledger_depotlog AS log
SET position = head.position, hash = decode(head.hash, 'hex'), recorded_at = head.recorded_at
FROM json_to_recordset(%(heads)s::json) AS head (depot_id bigint, position bigint, hash text, recorded_at timestamptz)
WHERE log.depot_id = head.depot_id;
