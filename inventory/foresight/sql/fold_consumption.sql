-- fold_consumption: add what a stretch of one depot's log says was used and disposed of, by month and week.
--   takes   depot_id; from_position (exclusive), to_position (inclusive); zone: the store's time zone
--   needs   the depot's row of foresight_consumptionlog locked and at from_position; primary keys of the log
--   gives   how many rows of months, weeks and beginnings were touched
-- A reversal counts in the month of what it takes back, against it: the mistake never was. What it takes back may lie
-- anywhere in the log, so it is looked up by its position.
WITH line AS MATERIALIZED (
    SELECT holding.item_id, line.change, line.occurred_at,
        coalesce(original.kind, movement.kind) AS kind,
        (coalesce(original.occurred_at, movement.occurred_at) AT TIME ZONE %(zone)s) AS local_at
    FROM ledger_movementline AS line
    JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
    LEFT JOIN ledger_movement AS original
        ON original.depot_id = movement.depot_id AND original.position = movement.reverses
    WHERE line.depot_id = %(depot_id)s
        AND line.position > %(from_position)s
        AND line.position <= %(to_position)s
), told AS (
    INSERT INTO foresight_consumption AS kept (depot_id, item_id, grain, start_date, used, disposed)
    SELECT %(depot_id)s, line.item_id, stretch.grain, stretch.start_date,
        coalesce(-sum(line.change) FILTER (WHERE line.kind = 'issue'), 0),
        coalesce(-sum(line.change) FILTER (WHERE line.kind = 'disposal'), 0)
    FROM line
    CROSS JOIN LATERAL (
        VALUES ('month', date_trunc('month', line.local_at)::date), ('week', date_trunc('week', line.local_at)::date)
    ) AS stretch (grain, start_date)
    WHERE line.kind IN ('issue', 'disposal')
    GROUP BY line.item_id, stretch.grain, stretch.start_date
    ON CONFLICT (depot_id, item_id, grain, start_date) DO UPDATE
    SET used = kept.used + excluded.used, disposed = kept.disposed + excluded.disposed
    RETURNING 1
), begun AS (
    INSERT INTO foresight_itembeginning AS kept (depot_id, item_id, first_date)
    SELECT %(depot_id)s, line.item_id, (min(line.occurred_at) AT TIME ZONE %(zone)s)::date
    FROM line
    GROUP BY line.item_id
    ON CONFLICT (depot_id, item_id) DO UPDATE SET first_date = least(kept.first_date, excluded.first_date)
    WHERE kept.first_date > excluded.first_date
    RETURNING 1
)
SELECT (SELECT count(*) FROM told) + (SELECT count(*) FROM begun);
