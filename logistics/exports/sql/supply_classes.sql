-- supply_classes: the branches of logistics.
SELECT class.code, class.name, class.name_en, class.updated_at
FROM catalogue_supplyclass AS class
ORDER BY class.code
