-- units_in_scope: the organisation units that some of a user's roles reach today: every depot below one is in scope.
--   takes   user_id, roles, on (a date)
--   needs   nothing; UNION and not UNION ALL, so that a circle in the tree of units ends
WITH RECURSIVE given AS (
    SELECT assignment.unit_id, assignment.depot_id
    FROM accounts_assignment AS assignment
    WHERE assignment.user_id = %(user_id)s
        AND assignment.role = ANY(%(roles)s)
        AND (assignment.valid_from IS NULL OR assignment.valid_from <= %(on)s)
        AND (assignment.valid_to IS NULL OR assignment.valid_to >= %(on)s)
), reached AS (
    SELECT given.unit_id AS id FROM given WHERE given.unit_id IS NOT NULL
    UNION
    SELECT below.id
    FROM depots_organisationunit AS below
    JOIN reached ON below.parent_id = reached.id
)
SELECT unit.id
FROM depots_organisationunit AS unit
WHERE unit.id IN (SELECT reached.id FROM reached)
    OR EXISTS (SELECT 1 FROM given WHERE given.unit_id IS NULL AND given.depot_id IS NULL)
