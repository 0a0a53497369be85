-- lock_logs: lock the heads of the logs to be posted to, always in the same order, so that no two posters wait in a ring.
--   takes   depot_ids: bigint[]
--   holds   until commit nobody else appends to these logs or changes their piles
SELECT depot_id, position, hash, recorded_at, closed_until
FROM ledger_depotlog
WHERE depot_id = ANY(%(depot_ids)s)
ORDER BY depot_id
FOR UPDATE;
