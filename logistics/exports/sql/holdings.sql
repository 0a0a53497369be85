-- holdings: every pile of one depot, emptied ones too, of items that are not labelled.
--   takes   depot
SELECT
    holding.id AS holding,
    bin.code AS bin,
    item.code AS item,
    lot.code AS lot,
    holding.grade::int AS grade,
    holding.purpose,
    (holding.on_hand * 1000)::bigint AS on_hand,
    (holding.allocated * 1000)::bigint AS allocated,
    holding.last_occurred_at
FROM ledger_holding AS holding
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE holding.depot_id = %(depot)s AND item.classification = 0
ORDER BY holding.id
