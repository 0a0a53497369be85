-- upheld: which of these movements are stocktakes that offsets lean on, or are such offsets themselves.
--   takes   depot_ids, positions: bigint[] side by side
--   needs   the depots' logs locked
SELECT asked.depot_id, asked.position, tie.position = asked.position AS is_offset
FROM unnest(%(depot_ids)s::bigint[], %(positions)s::bigint[]) AS asked (depot_id, position)
JOIN ledger_countoffset AS tie
    ON tie.depot_id = asked.depot_id AND asked.position IN (tie.position, tie.count_position);
