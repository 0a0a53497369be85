-- depots_history: every version of every depot, with the time it was valid.
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
        lead(past.history_date) OVER (PARTITION BY past.id ORDER BY past.history_date, past.history_id) AS valid_to
    FROM depots_historicaldepot AS past
) AS version
LEFT JOIN depots_organisationunit AS unit ON unit.id = version.unit_id
LEFT JOIN depots_province AS province ON province.id = version.province_id
WHERE version.history_type <> '-'
ORDER BY version.code, version.history_date, version.history_id
