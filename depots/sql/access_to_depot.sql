-- access_to_depot: one depot by code, whether a user may know of it, and what they may do there.
--   takes   user_id, code, reading and doing (roles), on (a date)
--   needs   nothing; no row: no such depot. `classes` is NULL when some role sets no limit to supply classes
WITH RECURSIVE depot AS (
    SELECT found.id, found.unit_id FROM depots_depot AS found WHERE found.code = %(code)s
), above AS (
    SELECT depot.unit_id AS id FROM depot
    UNION
    SELECT unit.parent_id
    FROM depots_organisationunit AS unit
    JOIN above ON unit.id = above.id
    WHERE unit.parent_id IS NOT NULL
), given AS (
    SELECT
        assignment.role,
        ARRAY(
            SELECT chosen.supplyclass_id
            FROM accounts_assignment_supply_classes AS chosen
            WHERE chosen.assignment_id = assignment.id
        ) AS classes
    FROM accounts_assignment AS assignment, depot
    WHERE assignment.user_id = %(user_id)s
        AND (assignment.valid_from IS NULL OR assignment.valid_from <= %(on)s)
        AND (assignment.valid_to IS NULL OR assignment.valid_to >= %(on)s)
        AND (
            assignment.depot_id = depot.id
            OR assignment.unit_id IN (SELECT above.id FROM above)
            OR (assignment.depot_id IS NULL AND assignment.unit_id IS NULL)
        )
)
SELECT
    depot.id,
    EXISTS (SELECT 1 FROM given WHERE given.role = ANY(%(reading)s)) AS may_read,
    EXISTS (SELECT 1 FROM given WHERE given.role = ANY(%(doing)s)) AS may_do,
    CASE
        WHEN EXISTS (SELECT 1 FROM given WHERE given.role = ANY(%(doing)s) AND given.classes = '{}') THEN NULL
        ELSE ARRAY(
            SELECT DISTINCT class
            FROM given, unnest(given.classes) AS class
            WHERE given.role = ANY(%(doing)s)
        )
    END AS classes
FROM depot;
