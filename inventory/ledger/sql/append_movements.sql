-- append_movements: write the headers of movements.
--   takes   movements: json array
--   needs   the depots' logs locked; positions following on their heads
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
    previous_hash text, hash text);
