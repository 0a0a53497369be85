-- count_items: how many items have anything in the depots asked about or on the road to them: the rows of by_item.
--   takes   what by_item.sql takes, but for the page
--   needs   indexes holding_stocked, consignment_open_item, item_words; to be planned with its values
--   gives   one row: how many items there are, and their unit of measure where they all have one, else NULL
SELECT count(*) AS items, CASE WHEN count(DISTINCT item.base_unit_id) = 1 THEN min(item.base_unit_id) END AS unit
FROM catalogue_item AS item
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
WHERE (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
    AND (
        EXISTS (
            SELECT 1
            FROM ledger_holding AS holding
            WHERE holding.is_stocked
                AND holding.item_id = item.id
                AND holding.depot_id = ANY(%(depots)s::bigint[])
                AND (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
                AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
                AND (
                    (%(last_day)s::date IS NULL AND %(until_day)s::date IS NULL)
                    OR EXISTS (
                        SELECT 1
                        FROM catalogue_lot AS lot
                        WHERE lot.id = holding.lot_id
                            AND (
                                %(last_day)s::date IS NULL OR lot.expires_date IS NULL
                                OR lot.expires_date >= %(last_day)s::date
                            )
                            AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
                    )
                )
        )
        OR EXISTS (
            SELECT 1
            FROM ledger_consignmentline AS road
            WHERE road.in_transit > 0
                AND road.item_id = item.id
                AND road.to_depot_id = ANY(%(depots)s::bigint[])
                AND (%(grade)s::smallint IS NULL OR road.grade = %(grade)s::smallint)
                AND (%(purpose)s::text IS NULL OR road.purpose = %(purpose)s::text)
                AND (
                    (%(last_day)s::date IS NULL AND %(until_day)s::date IS NULL)
                    OR EXISTS (
                        SELECT 1
                        FROM catalogue_lot AS lot
                        WHERE lot.id = road.lot_id
                            AND (
                                %(last_day)s::date IS NULL OR lot.expires_date IS NULL
                                OR lot.expires_date >= %(last_day)s::date
                            )
                            AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
                    )
                )
        )
    );
