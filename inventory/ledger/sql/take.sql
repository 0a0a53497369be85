-- take: end promises that a movement takes, and keep what it leaves of them as promises of their own.
--   takes   rows: json array of {depot_id, reference, holding_id, quantity}, each pile of a reference once; by, at
--   needs   the depots' logs locked, the quantities weighed under that lock; run before the piles fall (append), in the
--           same transaction
-- What is left is promised from now on, so that at no past moment a quantity counts twice; it keeps its promiser.
WITH taken AS (
    SELECT * FROM json_to_recordset(%(rows)s::json)
        AS taken (depot_id bigint, reference text, holding_id bigint, quantity numeric)
), ended AS (
    UPDATE ledger_allocation AS allocation
    SET released_at = %(at)s, released_by_id = %(by)s
    FROM taken
    WHERE allocation.depot_id = taken.depot_id AND allocation.reference = taken.reference
        AND allocation.holding_id = taken.holding_id AND allocation.released_at IS NULL
    RETURNING allocation.depot_id, allocation.reference, allocation.holding_id, allocation.document,
        allocation.quantity, allocation.allocated_by_id
), kept AS (
    INSERT INTO ledger_allocation (
        depot_id, holding_id, reference, document, quantity, allocated_at, allocated_by_id)
    SELECT ended.depot_id, ended.holding_id, ended.reference, max(ended.document),
        sum(ended.quantity) - taken.quantity, %(at)s, min(ended.allocated_by_id)
    FROM ended
    JOIN taken USING (depot_id, reference, holding_id)
    GROUP BY ended.depot_id, ended.holding_id, ended.reference, taken.quantity
    HAVING sum(ended.quantity) > taken.quantity
)
UPDATE ledger_holding AS holding
SET allocated = holding.allocated - less.quantity
FROM (SELECT holding_id, sum(quantity) AS quantity FROM taken GROUP BY holding_id) AS less
WHERE holding.id = less.holding_id;
