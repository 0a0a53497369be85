-- totals: the control totals of the unlabelled lines of one depot's range, as PostgreSQL adds them up.
--   takes   depot, from_position, to_position; labelled (ids of the depot's piles of labelled items, nearly always none)
SELECT
    count(*) AS lines,
    coalesce(sum(line.change), 0)::text AS net,
    coalesce(sum(abs(line.change)), 0)::text AS gross
FROM ledger_movementline AS line
WHERE line.depot_id = %(depot)s
    AND line.position > %(from_position)s
    AND line.position <= %(to_position)s
    AND line.holding_id <> ALL (%(labelled)s::bigint[])
