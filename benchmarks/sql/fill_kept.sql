-- fill_kept: number the items and the lots of each, from 0, for the statements that follow.
CREATE TEMPORARY TABLE kept AS
SELECT item.id AS item_id, (row_number() OVER (ORDER BY item.id) - 1)::integer AS at FROM catalogue_item AS item;
CREATE TEMPORARY TABLE aged AS
SELECT lot.item_id, lot.id AS lot_id, lot.expires_date,
    (row_number() OVER (PARTITION BY lot.item_id ORDER BY lot.id) - 1)::integer AS age
FROM catalogue_lot AS lot;
ANALYZE kept, aged;
