-- named_lots: the lots among these names.
--   takes   item_ids: bigint[], codes: text[] side by side; is_exercise: of those made up for training, or of the others
SELECT lot.item_id, lot.code, lot.id, lot.expires_date, lot.hold_reason <> '' AS is_held
FROM catalogue_lot AS lot
JOIN unnest(%(item_ids)s::bigint[], %(codes)s::text[]) AS asked (item_id, code)
    ON lot.item_id = asked.item_id AND lot.code = asked.code AND lot.is_exercise = %(is_exercise)s;
