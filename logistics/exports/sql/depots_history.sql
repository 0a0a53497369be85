-- depots_history: every version of every depot but those for training, with the time it was valid.
--   holds   nothing of a depot that is for training now, or was when it was deleted
SELECT
    version.code,
    version.name,
    unit.code AS organisation_unit,
    version.level,
    version.branch_id AS supply_class,
    province.code AS province,
    province.valid_from AS province_valid_from,
    st_asbinary(version.coordinates, 'NDR') AS coordinates,
    version.address,
    version.opened_date,
    version.closed_date,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.*,
        lead(past.history_date) OVER each_depot AS valid_to,
        first_value(past.is_exercise) OVER (
            PARTITION BY past.id ORDER BY past.history_date DESC, past.history_id DESC
        ) AS was_exercise
    FROM depots_historicaldepot AS past
    WINDOW each_depot AS (PARTITION BY past.id ORDER BY past.history_date, past.history_id)
) AS version
LEFT JOIN depots_organisationunit AS unit ON unit.id = version.unit_id
LEFT JOIN depots_province AS province ON province.id = version.province_id
LEFT JOIN depots_depot AS depot ON depot.id = version.id
WHERE version.history_type <> '-' AND NOT coalesce(depot.is_exercise, version.was_exercise)
ORDER BY version.code, version.history_date, version.history_id
