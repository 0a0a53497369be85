-- lots: every lot of every item that is not labelled, but those made up for training; an untracked item has one lot with
-- a blank code.
SELECT item.code AS item, lot.code, lot.expires_date, lot.made_date, lot.hold_reason, lot.updated_at
FROM catalogue_lot AS lot
JOIN catalogue_item AS item ON item.id = lot.item_id
WHERE item.classification = 0 AND NOT lot.is_exercise
ORDER BY item.code, lot.code
