-- packagings_history: every version of every packaging of items that are not labelled, with the time it was valid.
SELECT
    item.code AS item,
    version.unit_id AS unit,
    (version.factor * 1000000)::bigint AS factor,
    version.gtin,
    version.holds_from,
    version.holds_to,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.item_id,
        past.unit_id,
        past.factor,
        past.gtin,
        past.valid_from AS holds_from,
        past.valid_to AS holds_to,
        past.history_id,
        past.history_date,
        past.history_type,
        lead(past.history_date) OVER (PARTITION BY past.id ORDER BY past.history_date, past.history_id) AS valid_to
    FROM catalogue_historicalpackaging AS past
) AS version
JOIN catalogue_item AS item ON item.id = version.item_id
WHERE version.history_type <> '-' AND item.classification = 0
ORDER BY item.code, version.unit_id, version.history_date, version.history_id
