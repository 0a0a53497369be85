-- labelled: the piles of items labelled above "không mật", which never leave, by depot.
SELECT holding.depot_id, holding.id AS holding
FROM catalogue_item AS item
JOIN ledger_holding AS holding ON holding.item_id = item.id
WHERE item.classification > 0
ORDER BY holding.depot_id, holding.id
