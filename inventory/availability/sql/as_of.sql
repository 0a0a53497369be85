-- as_of: what there was at a past instant, in the shape and order of current.sql.
--   takes   what current.sql takes, `today` being the instant's day, and:
--           past: the first instant that no longer counts: movements dated before it are in (occurred_at < past);
--           believed: only what was recorded up to then is in, 'infinity' for everything;
--           known_at: the instant whose holds, days of use, allocations, grades and purposes are applied
--   needs   functions anchors, piles_then, road_then; indexes holding_of_item, item_words; to be planned with its values
--   gives   on_hand = allocated + disposal + expired + on_hold + reserve + available in every row
-- A depot's balances start at its nearest anchor (its head, a closed month on either side, or its first day: see
-- anchors) and only the lines between that and the instant are read, per pile that can have held anything then.
SELECT item.code AS item, depot.code AS depot, stock.on_hand, stock.allocated, stock.on_hold, stock.expired,
    stock.reserve, stock.disposal, stock.available, stock.in_transit_in, item.base_unit_id AS unit
FROM (
    SELECT item.id, item.code, item.base_unit_id,
        (
            SELECT array_agg(start)
            FROM anchors(%(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz) AS start
        ) AS starts
    FROM catalogue_item AS item
    JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
    WHERE (%(item)s::text IS NULL OR item.code = %(item)s::text)
        AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
        AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
        AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
        AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
        AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
        AND item.code >= %(after_item)s::text
        AND EXISTS (SELECT 1 FROM ledger_holding AS holding WHERE holding.item_id = item.id OFFSET 0)
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
        FROM piles_then(
            item.id, item.starts, %(grade)s::smallint, %(purpose)s::text, %(last_day)s::date, %(until_day)s::date,
            %(today)s::date, %(known_at)s::timestamptz
        ) AS pile
        UNION ALL
        SELECT road.depot_id, 0, 0, '', road.in_transit
        FROM road_then(
            item.id, %(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz, %(grade)s::smallint,
            %(purpose)s::text, %(last_day)s::date, %(until_day)s::date
        ) AS road
    ) AS part
    GROUP BY part.depot_id
    HAVING sum(part.on_hand) <> 0 OR sum(part.in_transit) <> 0
) AS stock
JOIN depots_depot AS depot ON depot.id = stock.depot_id
WHERE (item.code, depot.code) > (%(after_item)s::text, %(after_depot)s::text)
ORDER BY item.code, depot.code
LIMIT %(page_size)s::integer;
