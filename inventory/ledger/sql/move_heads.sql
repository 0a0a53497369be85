-- move_heads: let the heads name the movements just appended.
--   takes   heads: json array of {depot_id, position, hash (hex), recorded_at}
--   needs   those logs locked
UPDATE ledger_depotlog AS log
SET position = head.position, hash = decode(head.hash, 'hex'), recorded_at = head.recorded_at
FROM json_to_recordset(%(heads)s::json) AS head (depot_id bigint, position bigint, hash text, recorded_at timestamptz)
WHERE log.depot_id = head.depot_id;
