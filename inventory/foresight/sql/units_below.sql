-- units_below: an organisation unit and every unit below it.
--   takes   code
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE unit AS (
    SELECT top.id FROM depots_organisationunit AS top WHERE top.code = %(code)s
    UNION
    SELECT below.id FROM depots_organisationunit AS below JOIN unit ON below.parent_id = unit.id
)
SELECT unit.id FROM unit;
