-- items: the catalogue, without what is labelled above "không mật".
SELECT
    item.code,
    item.name,
    item.name_en,
    item.specification,
    item.old_names,
    item.external_code,
    item_group.supply_class_id AS supply_class,
    item_group.number AS item_group,
    item_group.name AS item_group_name,
    item.base_unit_id AS base_unit,
    item.tracking,
    item.shelf_life_days,
    item.gtin,
    item.nsn,
    item.dangerous_good_id AS un_number,
    item.classification::int AS classification,
    item.is_active,
    item.updated_at
FROM catalogue_item AS item
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
WHERE item.classification = 0
ORDER BY item.code
