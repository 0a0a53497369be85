-- stock: what some depots can give out of items and what is on the road to them: the same sums as availability/current.
--   takes   depots: bigint[]; items: bigint[] or NULL for all; today: date
--   needs   indexes holding_unique, consignment_open; function deduction_of
--   gives   a row per depot and item that is there or on the road
SELECT part.depot_id, part.item_id, sum(part.available) AS available, sum(part.in_transit) AS in_transit
FROM (
    SELECT holding.depot_id, holding.item_id, 0 AS in_transit,
        CASE WHEN deduction_of(
            grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
        ) = 'available' THEN holding.on_hand - holding.allocated ELSE 0 END AS available
    FROM ledger_holding AS holding
    JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
    WHERE holding.is_stocked
        AND holding.depot_id = ANY(%(depots)s::bigint[])
        AND (%(items)s::bigint[] IS NULL OR holding.item_id = ANY(%(items)s::bigint[]))
    UNION ALL
    SELECT road.to_depot_id, road.item_id, road.in_transit, 0
    FROM ledger_consignmentline AS road
    WHERE road.in_transit > 0
        AND road.to_depot_id = ANY(%(depots)s::bigint[])
        AND (%(items)s::bigint[] IS NULL OR road.item_id = ANY(%(items)s::bigint[]))
) AS part
GROUP BY part.depot_id, part.item_id;
