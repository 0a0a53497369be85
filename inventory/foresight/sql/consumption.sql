-- consumption: what was used of some items in some depots per month or week, stretches without use as zeros.
--   takes   depots: bigint[]; items: bigint[] or NULL for all; grain: 'month' or 'week'; step: one of it, an interval;
--           from_date, until_date: first days of stretches, until is exclusive
--   needs   primary keys of foresight_itembeginning and foresight_consumption
--   gives   by depot, item and start_date; a stretch that began before the item's first movement in the depot by more
--           than grace_days is left out: what was not there could not be asked for
SELECT begun.depot_id, begun.item_id, stretch.start_date, coalesce(kept.used, 0) AS used,
    coalesce(kept.disposed, 0) AS disposed
FROM foresight_itembeginning AS begun
CROSS JOIN LATERAL (
    SELECT day::date AS start_date
    FROM generate_series(%(from_date)s::timestamp, %(until_date)s::timestamp - interval '1 day', %(step)s::interval)
        AS day
    WHERE day::date + %(grace_days)s::integer >= begun.first_date
) AS stretch
LEFT JOIN foresight_consumption AS kept
    ON kept.depot_id = begun.depot_id AND kept.item_id = begun.item_id AND kept.grain = %(grain)s
    AND kept.start_date = stretch.start_date
WHERE begun.depot_id = ANY(%(depots)s::bigint[])
    AND (%(items)s::bigint[] IS NULL OR begun.item_id = ANY(%(items)s::bigint[]))
ORDER BY begun.depot_id, begun.item_id, stretch.start_date;
