-- rebuild_piles: set every pile to the sum of its lines and of its open allocations.
--   needs   every log locked
WITH told AS (
    SELECT holding.id,
        coalesce((SELECT sum(line.change) FROM ledger_movementline AS line
                  WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id), 0) AS on_hand,
        coalesce((SELECT sum(allocation.quantity) FROM ledger_allocation AS allocation
                  WHERE allocation.holding_id = holding.id AND allocation.released_at IS NULL), 0) AS allocated,
        (SELECT max(line.occurred_at) FROM ledger_movementline AS line
         WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id) AS last_occurred_at
    FROM ledger_holding AS holding
)
UPDATE ledger_holding AS holding
SET on_hand = told.on_hand, allocated = told.allocated,
    last_occurred_at = coalesce(told.last_occurred_at, holding.last_occurred_at)
FROM told
WHERE told.id = holding.id
  AND (holding.on_hand, holding.allocated, holding.last_occurred_at)
      IS DISTINCT FROM (told.on_hand, told.allocated, coalesce(told.last_occurred_at, holding.last_occurred_at));
