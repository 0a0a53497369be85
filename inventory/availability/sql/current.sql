-- current: what there is now, one row per (item, depot), each deduction beside it; one page in (item, depot) order.
--   takes   depots: bigint[] the asker may see, filters on depots applied; item, class, group ("QN-02"), purpose: text or
--           NULL; items: text[] or NULL; grade: smallint or NULL; words: text[] of folded LIKE patterns that an item must
--           all match, longest: the longest of them, NULL for none; last_day, until_day: piles whose last day of use is
--           earlier, or later, stay out, NULL for no limit; today: date; after_item, after_depot: the codes the page
--           before ended with, '' for the first; page_size
--   needs   functions piles_now, road_now; indexes holding_stocked, item_words; to be planned with its values (not prepared): one depot and a thousand differ
--   gives   on_hand = allocated + disposal + expired + on_hold + reserve + available in every row
-- Items are walked in code order and each is summed on its own (LATERAL), so that a page costs what it shows and not
-- what the whole store holds.
SELECT item.code AS item, depot.code AS depot, stock.on_hand, stock.allocated, stock.on_hold, stock.expired,
    stock.reserve, stock.disposal, stock.available, stock.in_transit_in, item.base_unit_id AS unit
FROM (
    SELECT item.id, item.code, item.base_unit_id
    FROM catalogue_item AS item
    JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
    WHERE (%(item)s::text IS NULL OR item.code = %(item)s::text)
        AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
        AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
        AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
        AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
        AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
        AND item.code >= %(after_item)s::text
        AND (
            EXISTS (
                SELECT 1
                FROM ledger_holding AS holding
                WHERE holding.is_stocked AND holding.item_id = item.id AND holding.depot_id = ANY(%(depots)s::bigint[])
                OFFSET 0
            )
            OR EXISTS (
                SELECT 1
                FROM ledger_consignmentline AS road
                WHERE road.in_transit > 0 AND road.item_id = item.id AND road.to_depot_id = ANY(%(depots)s::bigint[])
                OFFSET 0
            )
        )
    ORDER BY item.code
    OFFSET 0
) AS item
CROSS JOIN LATERAL (
    SELECT part.depot_id,
        sum(part.on_hand) AS on_hand,
        sum(part.allocated) AS allocated,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'on_hold'), 0) AS on_hold,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'expired'), 0) AS expired,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'reserve'), 0) AS reserve,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'disposal'), 0) AS disposal,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'available'), 0) AS available,
        sum(part.in_transit) AS in_transit_in
    FROM (
        SELECT pile.depot_id, pile.on_hand, pile.allocated, pile.deduction, 0 AS in_transit
        FROM piles_now(
            item.id, %(depots)s::bigint[], %(grade)s::smallint, %(purpose)s::text, %(last_day)s::date,
            %(until_day)s::date, %(today)s::date
        ) AS pile
        UNION ALL
        SELECT road.depot_id, 0, 0, '', road.in_transit
        FROM road_now(
            item.id, %(depots)s::bigint[], %(grade)s::smallint, %(purpose)s::text, %(last_day)s::date,
            %(until_day)s::date
        ) AS road
    ) AS part
    GROUP BY part.depot_id
    HAVING sum(part.on_hand) <> 0 OR sum(part.in_transit) <> 0
) AS stock
JOIN depots_depot AS depot ON depot.id = stock.depot_id
WHERE (item.code, depot.code) > (%(after_item)s::text, %(after_depot)s::text)
ORDER BY item.code, depot.code
LIMIT %(page_size)s::integer;
