-- depots: every depot but those for training; coordinates as WKB.
SELECT
    depot.code,
    depot.name,
    unit.code AS organisation_unit,
    depot.level,
    depot.branch_id AS supply_class,
    province.code AS province,
    province.valid_from AS province_valid_from,
    st_asbinary(depot.coordinates, 'NDR') AS coordinates,
    depot.address,
    depot.opened_date,
    depot.closed_date,
    depot.updated_at
FROM depots_depot AS depot
JOIN depots_organisationunit AS unit ON unit.id = depot.unit_id
LEFT JOIN depots_province AS province ON province.id = depot.province_id
WHERE NOT depot.is_exercise
ORDER BY depot.code
