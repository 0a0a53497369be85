-- depots_asked: the depots a question is about, of those given.
--   takes   depots: bigint[]; unit: a unit's code, for the depots it or any unit below it keeps; province: the code of
--           one as provinces are on `today`; codes: text[] of depots; each NULL for no limit
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE below AS (
    SELECT top.id FROM depots_organisationunit AS top WHERE top.code = %(unit)s::text
    UNION
    SELECT child.id
    FROM depots_organisationunit AS child
    JOIN below ON child.parent_id = below.id
)
SELECT depot.id, depot.code
FROM depots_depot AS depot
WHERE depot.id = ANY(%(depots)s::bigint[])
    AND (%(unit)s::text IS NULL OR depot.unit_id IN (SELECT below.id FROM below))
    AND (
        %(province)s::text IS NULL
        OR EXISTS (
            SELECT 1
            FROM depots_province AS province
            WHERE province.id = depot.province_id
                AND province.code = %(province)s::text
                AND province.valid_from <= %(today)s::date
                AND (province.valid_to IS NULL OR province.valid_to >= %(today)s::date)
        )
    )
    AND (%(codes)s::text[] IS NULL OR depot.code = ANY(%(codes)s::text[]))
ORDER BY depot.id;
