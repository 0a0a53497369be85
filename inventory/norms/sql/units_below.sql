-- units_below: a unit and every unit below it.
--   takes   unit: the unit's code
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE below AS (
    SELECT top.id FROM depots_organisationunit AS top WHERE top.code = %(unit)s
    UNION
    SELECT child.id
    FROM depots_organisationunit AS child
    JOIN below ON child.parent_id = below.id
)
SELECT below.id FROM below;
