-- units_above: the units that keep some depots and every unit above them, as a tree read from the top.
--   takes   depots: bigint[]
--   gives   code, name and depth (0 at the top of what is given), each unit below its higher unit
WITH RECURSIVE above AS (
    SELECT unit.id, unit.parent_id, unit.code, unit.name
    FROM depots_organisationunit AS unit
    WHERE unit.id IN (SELECT depot.unit_id FROM depots_depot AS depot WHERE depot.id = ANY(%(depots)s::bigint[]))
    UNION
    SELECT unit.id, unit.parent_id, unit.code, unit.name
    FROM depots_organisationunit AS unit
    JOIN above ON unit.id = above.parent_id
),
tree AS (
    SELECT top.id, top.code, top.name, 0 AS depth, ARRAY[top.code::text] AS path
    FROM above AS top
    WHERE top.parent_id IS NULL
    UNION ALL
    SELECT unit.id, unit.code, unit.name, tree.depth + 1, tree.path || unit.code::text
    FROM above AS unit
    JOIN tree ON unit.parent_id = tree.id
    WHERE NOT unit.code = ANY(tree.path) -- a circle ends
)
SELECT tree.code, tree.name, tree.depth
FROM tree
ORDER BY tree.path;
