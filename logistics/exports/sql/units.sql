-- units: the units of measure and packages.
SELECT unit.code, unit.name, unit.name_en, unit.kind, unit.scale::int AS scale, unit.updated_at
FROM catalogue_unit AS unit
ORDER BY unit.code
