-- piles_to_count: the piles a sheet begins with, in the order of a walk through the depot.
--   takes   depot_id; scope: depot, bins, classes or items; codes: text[], what the scope names; cut_off_at; most
--   gives   what is there now, and what was emptied since the cut-off: the report states the stock of that instant
SELECT holding.bin_id, holding.item_id, lot.code, lot.expires_date, holding.grade, holding.purpose, item.code
FROM ledger_holding AS holding
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE holding.depot_id = %(depot_id)s::bigint
    AND (holding.is_stocked OR holding.emptied_at >= %(cut_off_at)s::timestamptz)
    AND CASE %(scope)s::text
        WHEN 'bins' THEN bin.code = ANY(%(codes)s::text[])
        WHEN 'classes' THEN item_group.supply_class_id = ANY(%(codes)s::text[])
        WHEN 'items' THEN item.code = ANY(%(codes)s::text[])
        ELSE true
    END
ORDER BY bin.code, item.code, lot.expires_date NULLS LAST, lot.code, holding.grade, holding.purpose
LIMIT %(most)s::integer;
