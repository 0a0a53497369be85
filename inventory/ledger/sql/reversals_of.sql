-- reversals_of: which of these movements were reversed, and by which position.
--   takes   depot_ids, positions: bigint[] side by side
--   needs   the depots' logs locked
SELECT movement.depot_id, movement.reverses, movement.position
FROM ledger_movement AS movement
JOIN unnest(%(depot_ids)s::bigint[], %(positions)s::bigint[]) AS asked (depot_id, position)
    ON movement.depot_id = asked.depot_id AND movement.reverses = asked.position;
