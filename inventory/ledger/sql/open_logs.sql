-- open_logs: give depots their empty logbook.
--   takes   depots: text[]
INSERT INTO ledger_depotlog (depot_id, position, hash)
SELECT depot.id, 0, decode(repeat('00', 32), 'hex')
FROM depots_depot AS depot
WHERE depot.code = ANY(%(depots)s) AND NOT EXISTS (SELECT FROM ledger_depotlog AS log WHERE log.depot_id = depot.id)
ORDER BY depot.id
ON CONFLICT (depot_id) DO NOTHING;
