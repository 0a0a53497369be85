-- later_changes: what happened to piles after an instant, for entries that come late.
--   takes   depot_ids, holding_ids: bigint[], since: timestamptz[] side by side
--   needs   the depots' logs locked
SELECT line.holding_id, line.occurred_at, sum(line.change)
FROM unnest(%(depot_ids)s::bigint[], %(holding_ids)s::bigint[], %(since)s::timestamptz[])
    AS asked (depot_id, holding_id, since)
JOIN ledger_movementline AS line
    ON line.depot_id = asked.depot_id AND line.holding_id = asked.holding_id AND line.occurred_at > asked.since
GROUP BY line.holding_id, line.occurred_at
ORDER BY line.holding_id, line.occurred_at;
