-- piles_as_of: what there was at a past instant, one row per pile, in the shape and order of piles.sql.
--   takes   what as_of.sql takes, but for the page; page_size
--   needs   what as_of.sql needs
--   gives   piles that had something on hand then
SELECT pile.holding_id AS holding, item.code AS item, depot.code AS depot, bin.code AS bin, lot.code AS lot,
    pile.expires_date, pile.hold_reason, pile.grade, pile.purpose, pile.on_hand, pile.allocated, pile.deduction,
    item.base_unit_id AS unit
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
        AND EXISTS (SELECT 1 FROM ledger_holding AS holding WHERE holding.item_id = item.id OFFSET 0)
    ORDER BY item.code
    OFFSET 0
) AS item
CROSS JOIN LATERAL piles_then(
    item.id, item.starts, %(grade)s::smallint, %(purpose)s::text, %(last_day)s::date, %(until_day)s::date,
    %(today)s::date, %(known_at)s::timestamptz
) AS pile
JOIN depots_depot AS depot ON depot.id = pile.depot_id
JOIN depots_bin AS bin ON bin.id = pile.bin_id
JOIN catalogue_lot AS lot ON lot.id = pile.lot_id
ORDER BY item.code, depot.code, pile.expires_date NULLS LAST, lot.code, bin.code, pile.grade, pile.purpose
LIMIT %(page_size)s::integer;
