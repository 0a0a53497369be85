-- packagings: how many base units a package holds, of items that are not labelled.
SELECT
    item.code AS item,
    packaging.unit_id AS unit,
    (packaging.factor * 1000000)::bigint AS factor,
    packaging.gtin,
    packaging.valid_from AS holds_from,
    packaging.valid_to AS holds_to
FROM catalogue_packaging AS packaging
JOIN catalogue_item AS item ON item.id = packaging.item_id
WHERE item.classification = 0
ORDER BY item.code, packaging.unit_id, packaging.valid_from, packaging.id
