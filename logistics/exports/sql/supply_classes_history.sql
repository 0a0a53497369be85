-- supply_classes_history: every version of every branch, with the time it was valid.
SELECT version.code, version.name, version.name_en, version.history_date AS valid_from, version.valid_to
FROM (
    SELECT
        past.*,
        lead(past.history_date) OVER (PARTITION BY past.code ORDER BY past.history_date, past.history_id) AS valid_to
    FROM catalogue_historicalsupplyclass AS past
) AS version
WHERE version.history_type <> '-'
ORDER BY version.code, version.history_date, version.history_id
