-- ordered: what was granted to depots but has not left for them: approved requisitions and orders given without one.
--   takes   depots: bigint[]; items: bigint[] or NULL for all
--   gives   to_depot_id, item_id, quantity in base units; what is asked for a ring-fenced purpose stays out, because it
--           will not be there to be issued
-- Of a requisition line counts what is not done yet, whether an order promises it already or not; orders that serve a
-- requisition are therefore not counted a second time.
SELECT part.to_depot_id, part.item_id, sum(part.quantity) AS quantity
FROM (
    SELECT asked.to_depot_id, line.item_id,
        line.approved - coalesce((
            SELECT sum(served.done) FROM requisitions_orderline AS served WHERE served.requisition_line_id = line.id
        ), 0) AS quantity
    FROM requisitions_requisition AS asked
    JOIN requisitions_requisitionline AS line ON line.requisition_id = asked.id
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = asked.purpose
    WHERE asked.status IN ('approved', 'part_promised', 'promised', 'part_done')
        AND asked.closed_at IS NULL
        AND asked.to_depot_id = ANY(%(depots)s::bigint[])
        AND line.approved IS NOT NULL
        AND NOT purpose.is_ring_fenced
        AND (%(items)s::bigint[] IS NULL OR line.item_id = ANY(%(items)s::bigint[]))
    UNION ALL
    SELECT given.to_depot_id, line.item_id, line.quantity - line.done
    FROM requisitions_movementorder AS given
    JOIN requisitions_orderline AS line ON line.order_id = given.id
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = line.purpose
    WHERE given.status IN ('open', 'part_done')
        AND given.to_depot_id = ANY(%(depots)s::bigint[])
        AND line.requisition_line_id IS NULL
        AND NOT purpose.is_ring_fenced
        AND (%(items)s::bigint[] IS NULL OR line.item_id = ANY(%(items)s::bigint[]))
) AS part
WHERE part.quantity > 0
GROUP BY part.to_depot_id, part.item_id;
