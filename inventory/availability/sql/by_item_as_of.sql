-- by_item_as_of: what there was at a past instant, in the shape and order of by_item.
--   takes   what as_of.sql takes, but for after_depot, and what by_item.sql takes besides current.sql
--   needs   what as_of.sql needs
--   gives   on_hand = allocated + disposal + expired + on_hold + reserve + available in every row; `depots` had some
SELECT item.code, item.name, item.name_en, unit.name AS unit, unit.name_en AS unit_en,
    stock.on_hand, stock.allocated, stock.on_hold, stock.expired, stock.reserve, stock.disposal, stock.available,
    stock.in_transit_in, stock.expiring, stock.depots
FROM (
    SELECT item.id, item.code, item.name, item.name_en, item.base_unit_id,
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
        AND item.code > %(after_item)s::text
        AND EXISTS (SELECT 1 FROM ledger_holding AS holding WHERE holding.item_id = item.id OFFSET 0)
    ORDER BY item.code
    OFFSET 0
) AS item
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
CROSS JOIN LATERAL (
    SELECT sum(part.on_hand) AS on_hand,
        sum(part.allocated) AS allocated,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'on_hold'), 0) AS on_hold,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'expired'), 0) AS expired,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'reserve'), 0) AS reserve,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'disposal'), 0) AS disposal,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'available'), 0) AS available,
        sum(part.in_transit) AS in_transit_in,
        coalesce(sum(part.on_hand - part.allocated) FILTER (
            WHERE part.deduction = 'available' AND part.expires_date <= %(window_end)s::date
        ), 0) AS expiring,
        count(DISTINCT part.depot_id) FILTER (WHERE part.on_hand > 0) AS depots
    FROM (
        SELECT pile.depot_id, pile.on_hand, pile.allocated, pile.deduction, pile.expires_date, 0 AS in_transit
        FROM piles_then(
            item.id, item.starts, %(grade)s::smallint, %(purpose)s::text, %(last_day)s::date, %(until_day)s::date,
            %(today)s::date, %(known_at)s::timestamptz
        ) AS pile
        UNION ALL
        SELECT NULL, 0, 0, '', NULL, road.in_transit
        FROM road_then(
            item.id, %(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz, %(grade)s::smallint,
            %(purpose)s::text, %(last_day)s::date, %(until_day)s::date
        ) AS road
    ) AS part
    HAVING sum(part.on_hand) <> 0 OR sum(part.in_transit) <> 0
) AS stock
ORDER BY item.code
LIMIT %(page_size)s::integer;
