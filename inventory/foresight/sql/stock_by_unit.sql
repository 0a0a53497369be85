-- stock_by_unit: what the depots of some units, with every unit below each, can give out of some items.
--   takes   units: bigint[]; items: bigint[]; depots: bigint[] the asker may read; today: date
--   needs   index holding_stocked; function deduction_of
--   gives   a row per unit and item, of which some is there
WITH RECURSIVE below AS (
    SELECT top AS top_id, top AS id FROM unnest(%(units)s::bigint[]) AS top
    UNION
    SELECT below.top_id, child.id
    FROM depots_organisationunit AS child
    JOIN below ON child.parent_id = below.id
)
SELECT below.top_id, holding.item_id, sum(holding.on_hand - holding.allocated) AS available,
    count(DISTINCT holding.depot_id) AS depots
FROM below
JOIN depots_depot AS depot ON depot.unit_id = below.id
JOIN ledger_holding AS holding ON holding.depot_id = depot.id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
WHERE holding.is_stocked
    AND depot.id = ANY(%(depots)s::bigint[])
    AND holding.item_id = ANY(%(items)s::bigint[])
    AND deduction_of(
        grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
    ) = 'available'
GROUP BY below.top_id, holding.item_id;
