-- books_at: what the books say was in piles at past instants, a row per question.
--   takes   depot_ids, holding_ids: bigint[], instants: timestamptz[] side by side
--   needs   the depots' logs locked; index line_pile_by_day
--   gives   holding_id, instant, balance: without what happened at that very instant
-- What a reversal undoes happened when its original did, and an offset happened at the count it upholds: neither is a
-- later event of the pile, though both are dated when they were decided. Only what is dated since is read.
SELECT asked.holding_id, asked.instant, holding.on_hand - coalesce(sum(line.change) FILTER (
    WHERE coalesce(original.occurred_at, upheld.occurred_at, line.occurred_at) >= asked.instant), 0)
FROM unnest(%(depot_ids)s::bigint[], %(holding_ids)s::bigint[], %(instants)s::timestamptz[])
    AS asked (depot_id, holding_id, instant)
JOIN ledger_holding AS holding ON holding.id = asked.holding_id
LEFT JOIN ledger_movementline AS line
    ON line.depot_id = asked.depot_id AND line.holding_id = asked.holding_id AND line.occurred_at >= asked.instant
LEFT JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
LEFT JOIN ledger_movementline AS original
    ON original.depot_id = movement.depot_id AND original.position = movement.reverses
    AND original.entry_no = line.entry_no AND original.holding_id = line.holding_id
LEFT JOIN ledger_countoffset AS tie ON tie.depot_id = line.depot_id AND tie.position = line.position
LEFT JOIN ledger_movementline AS upheld
    ON upheld.depot_id = tie.depot_id AND upheld.position = tie.count_position AND upheld.holding_id = line.holding_id
GROUP BY asked.holding_id, asked.instant, holding.on_hand;
