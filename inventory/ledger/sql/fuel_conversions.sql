-- fuel_conversions: how items are brought to 15 °C on days: an item's own conversion, else its group's.
--   takes   item_ids: bigint[], days: date[] side by side
SELECT DISTINCT ON (item.id, asked.day) item.id, asked.day, conversion.method, conversion.code, conversion.densities,
    conversion.temperatures, conversion.densities_15, conversion.factors
FROM unnest(%(item_ids)s::bigint[], %(days)s::date[]) AS asked (item_id, day)
JOIN catalogue_item AS item ON item.id = asked.item_id
JOIN catalogue_conversion AS conversion
    ON (conversion.item_id = item.id OR conversion.group_id = item.group_id)
    AND conversion.valid_from <= asked.day AND (conversion.valid_to IS NULL OR conversion.valid_to >= asked.day)
ORDER BY item.id, asked.day, conversion.item_id NULLS LAST;
