-- supply: what depots have of goods asked for, one row per (line, depot), every deduction beside it.
--   takes   items, grades, purposes: side by side, one per line asked for; depots: bigint[]; lon, lat: WGS 84 degrees
--           of where the goods are to go, or NULL; today: whose expiry counts
--   needs   index holding_stocked; to be planned with its values
--   gives   on_hand = allocated + disposal + expired + on_hold + reserve + other + free in every row: `free` may be
--           promised to the line, `reserve` is kept for another purpose, `other` is of another grade or purpose
SELECT asked.number, depot.code, depot.name, sum(part.on_hand) AS on_hand, sum(part.allocated) AS allocated,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'disposal'), 0) AS disposal,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'expired'), 0) AS expired,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'on_hold'), 0) AS on_hold,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'reserve'), 0) AS reserve,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'other'), 0) AS other,
    coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'available'), 0) AS free,
    ST_Distance(depot.coordinates, ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326)::geography) / 1000
        AS distance_km
FROM unnest(%(items)s::text[], %(grades)s::smallint[], %(purposes)s::text[])
    WITH ORDINALITY AS asked (item, grade, purpose, number)
JOIN catalogue_item AS item ON item.code = asked.item
CROSS JOIN LATERAL (
    SELECT holding.depot_id, holding.on_hand, holding.allocated, holding.on_hand - holding.allocated AS rest,
        CASE deduction_of(
            grade.awaits_disposal, lot.expires_date, lot.hold_reason,
            purpose.is_ring_fenced AND purpose.code <> asked.purpose, %(today)s::date)
            WHEN 'available' THEN
                CASE WHEN holding.grade = asked.grade AND holding.purpose = asked.purpose THEN 'available' ELSE 'other' END
            ELSE deduction_of(
                grade.awaits_disposal, lot.expires_date, lot.hold_reason,
                purpose.is_ring_fenced AND purpose.code <> asked.purpose, %(today)s::date)
        END AS deduction
    FROM ledger_holding AS holding
    JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
    WHERE holding.is_stocked AND holding.item_id = item.id AND holding.depot_id = ANY(%(depots)s::bigint[])
) AS part
JOIN depots_depot AS depot ON depot.id = part.depot_id
GROUP BY asked.number, depot.id
ORDER BY asked.number, distance_km NULLS LAST, depot.code;
