-- unknown_codes: which of a question's codes name nothing.
--   takes   item, class, unit, purpose: text or NULL; grade: smallint or NULL
--   gives   one row per wrong code: the parameter's name
SELECT asked.name
FROM (
    VALUES
        ('item', %(item)s::text IS NULL OR EXISTS (SELECT FROM catalogue_item WHERE code = %(item)s)),
        ('class', %(class)s::text IS NULL OR EXISTS (SELECT FROM catalogue_supplyclass WHERE code = %(class)s)),
        ('unit', %(unit)s::text IS NULL OR EXISTS (SELECT FROM depots_organisationunit WHERE code = %(unit)s)),
        ('grade', %(grade)s::smallint IS NULL OR EXISTS (SELECT FROM catalogue_qualitygrade WHERE grade = %(grade)s)),
        ('purpose', %(purpose)s::text IS NULL OR EXISTS (SELECT FROM catalogue_reservepurpose WHERE code = %(purpose)s))
) AS asked (name, is_known)
WHERE NOT asked.is_known;
