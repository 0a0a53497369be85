-- imported_before: the movements of one log that already answer to some of these keys, and what they were asked as.
--   takes   depot_id: bigint, keys: text[]
SELECT movement.key, movement.position, movement.actor, movement.occurred_at, movement.request_digest
FROM ledger_movement AS movement
WHERE movement.depot_id = %(depot_id)s AND movement.key = ANY(%(keys)s::text[]);
