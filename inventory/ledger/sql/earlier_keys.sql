-- earlier_keys: the movements that already answer to some of these idempotency keys.
--   takes   depot_ids: bigint[], keys: text[] side by side
--   needs   the depots' logs locked
SELECT movement.depot_id, movement.key, movement.position, movement.request_digest
FROM ledger_movement AS movement
JOIN unnest(%(depot_ids)s::bigint[], %(keys)s::text[]) AS asked (depot_id, key)
    ON movement.depot_id = asked.depot_id AND movement.key = asked.key;
