-- totals: the control totals of the unlabelled lines of each depot's range, as PostgreSQL adds them up.
--   takes   depots, from_positions, to_positions (one of each per depot); labelled (ids of all piles of labelled items,
--           nearly always none)
--   holds   one row per depot, zeros where the range is empty
-- Depot by depot inside one statement: joined, a short range would be looked for in the whole log.
SELECT
    carried.depot_id,
    summed.lines,
    summed.net,
    summed.gross
FROM unnest(%(depots)s::bigint[], %(from_positions)s::bigint[], %(to_positions)s::bigint[])
    AS carried (depot_id, from_position, to_position)
CROSS JOIN LATERAL (
    SELECT
        count(*) AS lines,
        coalesce(sum(line.change), 0)::text AS net,
        coalesce(sum(abs(line.change)), 0)::text AS gross
    FROM ledger_movementline AS line
    WHERE line.depot_id = carried.depot_id
        AND line.position > carried.from_position
        AND line.position <= carried.to_position
        AND line.holding_id <> ALL (%(labelled)s::bigint[])
) AS summed
