-- organisation_units: every unit of the organisation's tree.
SELECT
    unit.code,
    unit.alias,
    unit.name,
    unit.level,
    parent.code AS parent,
    unit.valid_from AS exists_from,
    unit.valid_to AS exists_to,
    unit.updated_at
FROM depots_organisationunit AS unit
LEFT JOIN depots_organisationunit AS parent ON parent.id = unit.parent_id
ORDER BY unit.code
