-- release: take back every open promise of one depot to one document; answers how much that was.
--   takes   depot_id, reference, by, at
--   needs   the depot's log locked
WITH released AS (
    UPDATE ledger_allocation AS allocation
    SET released_at = %(at)s, released_by_id = %(by)s
    WHERE allocation.depot_id = %(depot_id)s AND allocation.reference = %(reference)s
      AND allocation.released_at IS NULL
    RETURNING holding_id, quantity
), freed AS (
    UPDATE ledger_holding AS holding
    SET allocated = holding.allocated - less.quantity
    FROM (SELECT holding_id, sum(quantity) AS quantity FROM released GROUP BY holding_id) AS less
    WHERE holding.id = less.holding_id
    RETURNING less.quantity
)
SELECT coalesce(sum(quantity), 0) FROM freed;
