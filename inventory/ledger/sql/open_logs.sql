-- open_logs: give depots their empty logbook.
--   takes   depot_ids: bigint[]
INSERT INTO ledger_depotlog (depot_id, position, hash)
SELECT depot_id, 0, decode(repeat('00', 32), 'hex') FROM unnest(%(depot_ids)s::bigint[]) AS depot_id
ORDER BY depot_id
ON CONFLICT (depot_id) DO NOTHING;
