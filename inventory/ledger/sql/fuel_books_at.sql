-- fuel_books_at: what the books say was in piles at past instants in kg, a row per question; books_at says it in litres.
--   takes   depot_ids, holding_ids: bigint[], instants: timestamptz[] side by side
--   needs   the depots' logs locked; index fuel_pile
--   gives   holding_id, instant, kg: without what happened at that very instant; null where nothing had been measured
SELECT asked.holding_id, asked.instant, sum(fuel.kg_change)
FROM unnest(%(depot_ids)s::bigint[], %(holding_ids)s::bigint[], %(instants)s::timestamptz[])
    AS asked (depot_id, holding_id, instant)
LEFT JOIN (
    SELECT fuel.depot_id, fuel.holding_id, fuel.kg_change,
        coalesce(original.occurred_at, upheld.occurred_at, line.occurred_at) AS at
    FROM ledger_fuelreading AS fuel
    JOIN ledger_movementline AS line
        ON line.depot_id = fuel.depot_id AND line.position = fuel.position AND line.line_no = fuel.line_no
    JOIN ledger_movement AS movement ON movement.depot_id = fuel.depot_id AND movement.position = fuel.position
    LEFT JOIN ledger_movementline AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
        AND original.entry_no = line.entry_no AND original.holding_id = line.holding_id
    LEFT JOIN ledger_countoffset AS tie ON tie.depot_id = line.depot_id AND tie.position = line.position
    LEFT JOIN ledger_movementline AS upheld
        ON upheld.depot_id = tie.depot_id AND upheld.position = tie.count_position
        AND upheld.holding_id = line.holding_id
) AS fuel
    ON fuel.depot_id = asked.depot_id AND fuel.holding_id = asked.holding_id AND fuel.at < asked.instant
GROUP BY asked.holding_id, asked.instant;
