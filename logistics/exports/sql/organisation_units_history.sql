-- organisation_units_history: every version of every unit, with the time it was valid.
SELECT
    version.code,
    version.alias,
    version.name,
    version.level,
    parent.code AS parent,
    version.exists_from,
    version.exists_to,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.id,
        past.code,
        past.alias,
        past.name,
        past.level,
        past.parent_id,
        past.valid_from AS exists_from,
        past.valid_to AS exists_to,
        past.history_id,
        past.history_date,
        past.history_type,
        lead(past.history_date) OVER (PARTITION BY past.id ORDER BY past.history_date, past.history_id) AS valid_to
    FROM depots_historicalorganisationunit AS past
) AS version
LEFT JOIN depots_organisationunit AS parent ON parent.id = version.parent_id
WHERE version.history_type <> '-'
ORDER BY version.code, version.history_date, version.history_id
