-- lots_history: every version of every lot of items that are not labelled, with the time it was valid; none made up
-- for training.
SELECT
    item.code AS item,
    version.code,
    version.expires_date,
    version.made_date,
    version.hold_reason,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.*,
        lead(past.history_date) OVER (PARTITION BY past.id ORDER BY past.history_date, past.history_id) AS valid_to
    FROM catalogue_historicallot AS past
) AS version
JOIN catalogue_item AS item ON item.id = version.item_id
WHERE version.history_type <> '-' AND item.classification = 0 AND NOT version.is_exercise
ORDER BY item.code, version.code, version.history_date, version.history_id
