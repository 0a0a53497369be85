-- allocate: promise parts of piles to a document.
--   takes   depot_id, reference, document (what people call it), by, at; rows: json array of {holding_id, quantity}
--   needs   the depot's log locked, and the quantities weighed under that lock
--   breaks  holding_allocated_within_on_hand, when more is promised than is there
WITH promised AS (
    INSERT INTO ledger_allocation (depot_id, holding_id, reference, document, quantity, allocated_at, allocated_by_id)
    SELECT %(depot_id)s, holding_id, %(reference)s, %(document)s, quantity, %(at)s, %(by)s
    FROM json_to_recordset(%(rows)s::json) AS wanted (holding_id bigint, quantity numeric)
    RETURNING holding_id, quantity
)
UPDATE ledger_holding AS holding
SET allocated = holding.allocated + more.quantity
FROM (SELECT holding_id, sum(quantity) AS quantity FROM promised GROUP BY holding_id) AS more
WHERE holding.id = more.holding_id;
