-- bins_history: every version of every bin but those of depots for training, with the time it was valid.
SELECT
    depot.code AS depot,
    version.code,
    version.name,
    version.kind,
    version.is_default,
    version.is_active,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.*,
        lead(past.history_date) OVER (PARTITION BY past.id ORDER BY past.history_date, past.history_id) AS valid_to
    FROM depots_historicalbin AS past
) AS version
LEFT JOIN depots_depot AS depot ON depot.id = version.depot_id
WHERE version.history_type <> '-' AND depot.is_exercise IS NOT TRUE
ORDER BY depot.code, version.code, version.history_date, version.history_id
