-- standing: how much of every line of some requisitions is done, promised, and was taken back by reversals.
--   takes   requisitions: uuid[]
--   gives   done as the orders' vouchers moved it, `reversed` of that came back: a reversal undoes a movement, not its order
WITH asked AS (
    SELECT requisition.id, 'requisition:' || requisition.id AS basis
    FROM requisitions_requisition AS requisition
    WHERE requisition.id = ANY(%(requisitions)s::uuid[])
), serving AS (
    SELECT asked.id AS requisition_id, movement_order.id, movement_order.status
    FROM asked
    JOIN requisitions_movementorder AS movement_order ON movement_order.basis = asked.basis
), ordered AS (
    SELECT line.requisition_line_id,
        sum(line.done) AS done,
        coalesce(sum(line.quantity - line.done) FILTER (WHERE serving.status IN ('open', 'part_done')), 0) AS promised
    FROM serving
    JOIN requisitions_orderline AS line ON line.order_id = serving.id
    WHERE line.requisition_line_id IS NOT NULL
    GROUP BY line.requisition_line_id
), undone AS (
    SELECT serving.requisition_id, holding.item_id, holding.grade, sum(line.change) AS quantity
    FROM serving
    JOIN vouchers_voucher AS voucher ON voucher.movement_order = serving.id AND voucher.position IS NOT NULL
    JOIN ledger_movement AS reversal
        ON reversal.depot_id = voucher.depot_id AND reversal.reverses = voucher.position
    JOIN ledger_movementline AS line ON line.depot_id = reversal.depot_id AND line.position = reversal.position
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
    GROUP BY serving.requisition_id, holding.item_id, holding.grade
)
SELECT line.id, line.requisition_id, line.line_no, item.code, item.name, item.name_en, unit.code, unit.name, unit.name_en,
    unit.scale, line.entered_quantity, line.entered_unit_id, line.asked, line.approved, line.grade, line.note,
    line.cut_reason, coalesce(ordered.done, 0) - coalesce(undone.quantity, 0) AS done,
    coalesce(ordered.promised, 0) AS promised, coalesce(undone.quantity, 0) AS reversed
FROM requisitions_requisitionline AS line
JOIN catalogue_item AS item ON item.id = line.item_id
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
LEFT JOIN ordered ON ordered.requisition_line_id = line.id
LEFT JOIN undone
    ON undone.requisition_id = line.requisition_id AND undone.item_id = line.item_id AND undone.grade = line.grade
WHERE line.requisition_id = ANY(%(requisitions)s::uuid[])
ORDER BY line.requisition_id, line.line_no;
