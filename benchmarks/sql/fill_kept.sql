-- fill_kept: number the items that are kept and the lots of each, from 0, for the statements that follow.
--   needs   every item that is kept has lots, and no other
CREATE TEMPORARY TABLE kept AS
SELECT lot.item_id, (row_number() OVER (ORDER BY lot.item_id) - 1)::integer AS at
FROM catalogue_lot AS lot
GROUP BY lot.item_id;
CREATE TEMPORARY TABLE aged AS
SELECT lot.item_id, lot.id AS lot_id, lot.expires_date,
    (row_number() OVER (PARTITION BY lot.item_id ORDER BY lot.id) - 1)::integer AS age
FROM catalogue_lot AS lot;
ANALYZE kept, aged;
