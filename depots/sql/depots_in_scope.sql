-- depots_in_scope: the depots that some of a user's roles reach today.
--   takes   user_id, roles, on (a date); only_counted: without exercise depots
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE given AS (
    SELECT assignment.unit_id, assignment.depot_id
    FROM accounts_assignment AS assignment
    WHERE assignment.user_id = %(user_id)s
        AND assignment.role = ANY(%(roles)s)
        AND (assignment.valid_from IS NULL OR assignment.valid_from <= %(on)s)
        AND (assignment.valid_to IS NULL OR assignment.valid_to >= %(on)s)
), unit AS (
    SELECT given.unit_id AS id FROM given WHERE given.unit_id IS NOT NULL
    UNION
    SELECT below.id
    FROM depots_organisationunit AS below
    JOIN unit ON below.parent_id = unit.id
)
SELECT depot.id
FROM depots_depot AS depot
WHERE (
        depot.unit_id IN (SELECT unit.id FROM unit)
        OR depot.id IN (SELECT given.depot_id FROM given)
        OR EXISTS (SELECT 1 FROM given WHERE given.unit_id IS NULL AND given.depot_id IS NULL)
    )
    AND NOT (depot.is_exercise AND %(only_counted)s)
