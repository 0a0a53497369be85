-- items_history: every version of every item, with the time it was valid.
--   holds   nothing of an item that is labelled now, or was when it was deleted, and no version that was labelled then
SELECT
    version.code,
    version.name,
    version.name_en,
    version.specification,
    version.old_names,
    version.external_code,
    item_group.supply_class_id AS supply_class,
    item_group.number AS item_group,
    version.base_unit_id AS base_unit,
    version.tracking,
    version.shelf_life_days,
    version.gtin,
    version.nsn,
    version.dangerous_good_id AS un_number,
    version.classification::int AS classification,
    version.is_active,
    version.history_date AS valid_from,
    version.valid_to
FROM (
    SELECT
        past.*,
        lead(past.history_date) OVER each_item AS valid_to,
        first_value(past.classification) OVER (
            PARTITION BY past.id ORDER BY past.history_date DESC, past.history_id DESC
        ) AS last_classification
    FROM catalogue_historicalitem AS past
    WINDOW each_item AS (PARTITION BY past.id ORDER BY past.history_date, past.history_id)
) AS version
LEFT JOIN catalogue_itemgroup AS item_group ON item_group.id = version.group_id
LEFT JOIN catalogue_item AS item ON item.id = version.id
WHERE version.history_type <> '-'
    AND version.classification = 0
    AND coalesce(item.classification, version.last_classification) = 0
ORDER BY version.code, version.history_date, version.history_id
