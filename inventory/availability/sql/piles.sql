-- piles: what there is now, one row per pile, under which heading each falls: what a row of current.sql is made of.
--   takes   what current.sql takes, but for the page; page_size
--   needs   indexes holding_stocked, item_words; to be planned with its values
--   gives   piles that have something on hand, in order of item, depot and what is to be issued first
SELECT holding.id AS holding, item.code AS item, depot.code AS depot, bin.code AS bin, lot.code AS lot,
    lot.expires_date, lot.hold_reason, holding.grade, holding.purpose, holding.on_hand, holding.allocated,
    deduction_of(
        grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
    ) AS deduction,
    item.base_unit_id AS unit
FROM catalogue_item AS item
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN ledger_holding AS holding ON holding.item_id = item.id
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
WHERE holding.is_stocked
    AND holding.depot_id = ANY(%(depots)s::bigint[])
    AND (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
    AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
    AND (%(last_day)s::date IS NULL OR lot.expires_date IS NULL OR lot.expires_date >= %(last_day)s::date)
    AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
    AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
ORDER BY item.code, depot.code, lot.expires_date NULLS LAST, lot.code, bin.code, holding.grade, holding.purpose
LIMIT %(page_size)s::integer;
