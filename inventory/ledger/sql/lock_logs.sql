-- lock_logs: lock the heads of logs without posting to them, in the order in which begin_posting does.
--   takes   depot_ids: bigint[]
--   holds   until commit nobody else appends to these logs or changes their piles
SELECT depot_id, position, hash, recorded_at, closed_until
FROM ledger_depotlog
WHERE depot_id = ANY(%(depot_ids)s)
ORDER BY depot_id
FOR UPDATE;
