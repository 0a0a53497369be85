-- unknown_codes: which of a question's codes name nothing.
--   takes   item, class, group, unit, province, purpose: text or NULL; grade: smallint or NULL; items: text[] or NULL;
--           today: the day provinces are as of
--   gives   one row per wrong code: the parameter's name and the code
SELECT asked.name, asked.code
FROM (
    VALUES
        ('item', %(item)s::text, EXISTS (SELECT FROM catalogue_item WHERE code = %(item)s)),
        ('class', %(class)s::text, EXISTS (SELECT FROM catalogue_supplyclass WHERE code = %(class)s)),
        (
            'group', %(group)s::text,
            EXISTS (SELECT FROM catalogue_itemgroup WHERE supply_class_id || '-' || number = %(group)s)
        ),
        ('unit', %(unit)s::text, EXISTS (SELECT FROM depots_organisationunit WHERE code = %(unit)s)),
        (
            'province', %(province)s::text,
            EXISTS (
                SELECT
                FROM depots_province
                WHERE code = %(province)s AND valid_from <= %(today)s AND (valid_to IS NULL OR valid_to >= %(today)s)
            )
        ),
        (
            'grade', %(grade)s::smallint::text,
            EXISTS (SELECT FROM catalogue_qualitygrade WHERE grade = %(grade)s::smallint)
        ),
        ('purpose', %(purpose)s::text, EXISTS (SELECT FROM catalogue_reservepurpose WHERE code = %(purpose)s))
) AS asked (name, code, is_known)
WHERE asked.code IS NOT NULL AND NOT asked.is_known
UNION ALL
SELECT 'items', listed.code
FROM unnest(%(items)s::text[]) AS listed (code)
WHERE NOT EXISTS (SELECT FROM catalogue_item AS item WHERE item.code = listed.code)
ORDER BY name, code;
