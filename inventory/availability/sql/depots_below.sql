-- depots_below: the depots kept by a unit or any unit below it, of those given.
--   takes   unit: the unit's code; depots: bigint[]
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE below AS (
    SELECT top.id FROM depots_organisationunit AS top WHERE top.code = %(unit)s
    UNION
    SELECT child.id
    FROM depots_organisationunit AS child
    JOIN below ON child.parent_id = below.id
)
SELECT depot.id
FROM depots_depot AS depot
JOIN below ON below.id = depot.unit_id
WHERE depot.id = ANY(%(depots)s::bigint[])
ORDER BY depot.id;
