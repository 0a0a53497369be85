-- items_by_name: the items a question can be about, as Vietnamese readers look names up; one page of codes.
--   takes   what current.sql takes, but for the page; is_english: by English names where there are any; is_now: only items
--           that have something, else also those that once had; after_name, after_item: the name and code the page before
--           ended with, '' for the first; page_size
--   needs   index holding_stocked; the collation that Debian's PostgreSQL brings
SELECT item.code, item.sorted_name
FROM (
    SELECT item.id, item.code,
        CASE WHEN %(is_english)s::boolean THEN coalesce(nullif(item.name_en, ''), item.name) ELSE item.name END
            COLLATE "vi-VN-x-icu" AS sorted_name
    FROM catalogue_item AS item
    JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
    WHERE (%(item)s::text IS NULL OR item.code = %(item)s::text)
        AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
        AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
        AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
        AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
        AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
    OFFSET 0
) AS item
WHERE (item.sorted_name, item.code) > (%(after_name)s::text COLLATE "vi-VN-x-icu", %(after_item)s::text)
    AND (
        EXISTS (
            SELECT 1
            FROM ledger_holding AS holding
            WHERE (holding.is_stocked OR NOT %(is_now)s::boolean)
                AND holding.item_id = item.id
                AND holding.depot_id = ANY(%(depots)s::bigint[])
        )
        OR EXISTS (
            SELECT 1
            FROM ledger_consignmentline AS road
            WHERE (road.in_transit > 0 OR NOT %(is_now)s::boolean)
                AND road.item_id = item.id
                AND road.to_depot_id = ANY(%(depots)s::bigint[])
        )
    )
ORDER BY item.sorted_name, item.code
LIMIT %(page_size)s::integer;
