-- withheld: the movements of one depot's range that touch a labelled pile.
--   takes   depot, from_position, to_position; labelled (ids of the depot's piles of labelled items)
SELECT DISTINCT line.position
FROM ledger_movementline AS line
WHERE line.depot_id = %(depot)s
    AND line.holding_id = ANY (%(labelled)s::bigint[])
    AND line.position > %(from_position)s
    AND line.position <= %(to_position)s
ORDER BY line.position
