-- lots: the lots that depots may issue from and that have a last day of use, a row per depot, item and lot.
--   takes   depots: bigint[]; items: bigint[] or NULL for all; today: date
--   needs   index holding_unique; function deduction_of
-- What is allocated counts: it will be issued too, and the forecast has it among what is used.
SELECT holding.depot_id, holding.item_id, lot.code, lot.expires_date, sum(holding.on_hand) AS on_hand
FROM ledger_holding AS holding
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
WHERE holding.is_stocked
    AND lot.expires_date >= %(today)s::date
    AND holding.depot_id = ANY(%(depots)s::bigint[])
    AND (%(items)s::bigint[] IS NULL OR holding.item_id = ANY(%(items)s::bigint[]))
    AND deduction_of(
        grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
    ) = 'available'
GROUP BY holding.depot_id, holding.item_id, lot.id, lot.code, lot.expires_date
ORDER BY holding.depot_id, holding.item_id, lot.expires_date, lot.code;
