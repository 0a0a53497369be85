-- stock_by_item: what some depots hold together, a row per item that is there or on the road to them, by item code.
--   takes   depots: bigint[]; words, longest: as in current.sql; today: date; skip, page_size
--   needs   indexes holding_stocked, item_words
--   gives   with each row the number of all rows, whatever the page
WITH found AS (
    SELECT item.id, item.code, item.name, item.name_en, item.base_unit_id, count(*) OVER () AS total
    FROM catalogue_item AS item
    WHERE (
            EXISTS (
                SELECT 1
                FROM ledger_holding AS holding
                WHERE holding.is_stocked AND holding.item_id = item.id AND holding.depot_id = ANY(%(depots)s::bigint[])
            )
            OR EXISTS (
                SELECT 1
                FROM ledger_consignmentline AS road
                WHERE road.in_transit > 0 AND road.item_id = item.id AND road.to_depot_id = ANY(%(depots)s::bigint[])
            )
        )
        AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
        AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
    ORDER BY item.code
    LIMIT %(page_size)s::integer OFFSET %(skip)s::integer
)
SELECT found.total, found.code, found.name, found.name_en, unit.name AS unit, unit.name_en AS unit_en,
    stock.on_hand, stock.available, road.in_transit_in, stock.depots
FROM found
JOIN catalogue_unit AS unit ON unit.code = found.base_unit_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(holding.on_hand), 0) AS on_hand,
        coalesce(sum(holding.on_hand - holding.allocated) FILTER (
            WHERE deduction_of(
                grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
            ) = 'available'
        ), 0) AS available,
        count(DISTINCT holding.depot_id) AS depots
    FROM ledger_holding AS holding
    JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
    JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
    JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
    WHERE holding.is_stocked AND holding.item_id = found.id AND holding.depot_id = ANY(%(depots)s::bigint[])
) AS stock
CROSS JOIN LATERAL (
    SELECT coalesce(sum(line.in_transit), 0) AS in_transit_in
    FROM ledger_consignmentline AS line
    WHERE line.in_transit > 0 AND line.item_id = found.id AND line.to_depot_id = ANY(%(depots)s::bigint[])
) AS road
ORDER BY found.code;
