-- check_consumption: where what is kept of a depot's use differs from what its log says up to the position told.
--   takes   depot_id; zone: the store's time zone
--   needs   nothing: it reads the whole log up to that position, so it is for checking and not for every night
WITH told AS (
    SELECT position FROM foresight_consumptionlog WHERE depot_id = %(depot_id)s
), line AS (
    SELECT holding.item_id, line.change, coalesce(original.kind, movement.kind) AS kind,
        (coalesce(original.occurred_at, movement.occurred_at) AT TIME ZONE %(zone)s) AS local_at,
        (line.occurred_at AT TIME ZONE %(zone)s)::date AS first_date
    FROM ledger_movementline AS line
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
    LEFT JOIN ledger_movement AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
    WHERE line.depot_id = %(depot_id)s
        AND line.position <= (SELECT position FROM told)
), logged AS (
    SELECT line.item_id, stretch.grain, stretch.start_date,
        coalesce(-sum(line.change) FILTER (WHERE line.kind = 'issue'), 0) AS used,
        coalesce(-sum(line.change) FILTER (WHERE line.kind = 'disposal'), 0) AS disposed
    FROM line
    CROSS JOIN LATERAL (
        VALUES ('month', date_trunc('month', line.local_at)::date), ('week', date_trunc('week', line.local_at)::date)
    ) AS stretch (grain, start_date)
    WHERE line.kind IN ('issue', 'disposal')
    GROUP BY line.item_id, stretch.grain, stretch.start_date
), kept AS (
    SELECT item_id, grain, start_date, used, disposed
    FROM foresight_consumption
    WHERE depot_id = %(depot_id)s
), logged_first AS (
    SELECT line.item_id, min(line.first_date) AS first_date FROM line GROUP BY line.item_id
), kept_first AS (
    SELECT item_id, first_date FROM foresight_itembeginning WHERE depot_id = %(depot_id)s
)
SELECT item.code, found.grain, found.start_date, found.logged, found.kept
FROM (
    SELECT item_id, grain, start_date,
        format('%%s/%%s', coalesce(logged.used, 0)::numeric(18, 3), coalesce(logged.disposed, 0)::numeric(18, 3)) AS logged,
        format('%%s/%%s', coalesce(kept.used, 0)::numeric(18, 3), coalesce(kept.disposed, 0)::numeric(18, 3)) AS kept
    FROM logged
    FULL JOIN kept USING (item_id, grain, start_date)
    WHERE (coalesce(logged.used, 0), coalesce(logged.disposed, 0))
        IS DISTINCT FROM (coalesce(kept.used, 0), coalesce(kept.disposed, 0))
    UNION ALL
    SELECT item_id, 'first', coalesce(logged_first.first_date, kept_first.first_date),
        logged_first.first_date::text, kept_first.first_date::text
    FROM logged_first
    FULL JOIN kept_first USING (item_id)
    WHERE logged_first.first_date IS DISTINCT FROM kept_first.first_date
) AS found
JOIN catalogue_item AS item ON item.id = found.item_id
ORDER BY item.code, found.grain, found.start_date;
