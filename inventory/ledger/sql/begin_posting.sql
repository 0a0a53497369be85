-- begin_posting: lock the logs of the depots to be posted to, always in the same order, so that no two posters wait in a
-- ring; and let this transaction's statements run on the plans the session already has.
--   takes   depots: text[]
--   holds   until commit nobody else appends to these logs or changes their piles; a depot without a log is absent
-- PostgreSQL would plan each statement anew for its values, which costs half of a one-line posting; every one of them
-- finds its rows by unique keys, so the plan never depends on the values. This statement comes before that is said: the
-- subquery hides from the planner how many depots there are, and with it every reason to plan anew.
SELECT log.depot_id, depot.code, log.position, log.hash, log.recorded_at, log.closed_until,
    set_config('plan_cache_mode', 'force_generic_plan', true)
FROM ledger_depotlog AS log
JOIN depots_depot AS depot ON depot.id = log.depot_id
WHERE depot.code = ANY(ARRAY(SELECT unnest(%(depots)s::text[])))
ORDER BY log.depot_id
FOR UPDATE OF log;
