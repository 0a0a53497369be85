-- fill_closings: the months that the depots closed, three days after each was over, and every pile's balances.
--   takes   depots: bigint[]; zone: the name of the store's time zone; poster_id; now_at
--   needs   the logs written, with their indexes; nothing closed yet
-- What `close_period` stores month after month, in one go: what a pile opened, took in, gave out and closed with, for as
-- long as it held or moved anything.
WITH calendar AS MATERIALIZED (
    SELECT month.start_at::date AS month_date,
        month.start_at AT TIME ZONE %(zone)s AS start_at,
        (month.start_at + interval '1 month') AT TIME ZONE %(zone)s AS until_at
    FROM generate_series(
        (SELECT date_trunc('month', min(occurred_at) AT TIME ZONE %(zone)s) FROM ledger_movementline),
        %(now_at)s::timestamptz AT TIME ZONE %(zone)s, interval '1 month'
    ) AS month (start_at)
    WHERE (month.start_at + interval '1 month' + interval '3 days') AT TIME ZONE %(zone)s <= %(now_at)s
), period AS (
    INSERT INTO ledger_periodclose (depot_id, month_date, until_at, position, closed_at, closed_by_id)
    SELECT scope.depot_id, calendar.month_date, calendar.until_at, coalesce(last.position, 0),
        calendar.until_at + interval '3 days', %(poster_id)s
    FROM unnest(%(depots)s::bigint[]) AS scope (depot_id)
    CROSS JOIN calendar
    LEFT JOIN LATERAL (
        SELECT movement.position
        FROM ledger_movement AS movement
        WHERE movement.depot_id = scope.depot_id
            AND movement.recorded_at <= calendar.until_at + interval '3 days'
        ORDER BY movement.recorded_at DESC
        LIMIT 1
    ) AS last ON true
), head AS (
    UPDATE ledger_depotlog AS log
    SET closed_until = (SELECT max(calendar.until_at) FROM calendar)
    WHERE log.depot_id = ANY(%(depots)s::bigint[])
), moved AS (
    SELECT line.depot_id, line.holding_id, calendar.month_date,
        coalesce(sum(line.change) FILTER (WHERE line.change > 0), 0) AS inward,
        coalesce(-sum(line.change) FILTER (WHERE line.change < 0), 0) AS outward
    FROM ledger_movementline AS line
    JOIN calendar ON calendar.month_date = date_trunc('month', line.occurred_at AT TIME ZONE %(zone)s)::date
    GROUP BY line.depot_id, line.holding_id, calendar.month_date
), life AS (
    SELECT moved.depot_id, moved.holding_id, min(moved.month_date) AS first_date,
        CASE WHEN sum(moved.inward - moved.outward) <> 0 THEN 'infinity' ELSE max(moved.month_date) END AS last_date
    FROM moved
    GROUP BY moved.depot_id, moved.holding_id
), monthly AS (
    SELECT life.depot_id, life.holding_id, calendar.month_date,
        coalesce(moved.inward, 0) AS inward, coalesce(moved.outward, 0) AS outward,
        sum(coalesce(moved.inward - moved.outward, 0)) OVER (
            PARTITION BY life.holding_id ORDER BY calendar.month_date
        ) AS closing
    FROM life
    JOIN calendar ON calendar.month_date BETWEEN life.first_date AND life.last_date
    LEFT JOIN moved ON moved.holding_id = life.holding_id AND moved.month_date = calendar.month_date
)
INSERT INTO ledger_closingbalance (depot_id, month_date, holding_id, item_id, opening, inward, outward, closing)
SELECT monthly.depot_id, monthly.month_date, monthly.holding_id, holding.item_id,
    monthly.closing - monthly.inward + monthly.outward, monthly.inward, monthly.outward, monthly.closing
FROM monthly
JOIN ledger_holding AS holding ON holding.id = monthly.holding_id
ORDER BY monthly.depot_id, monthly.month_date, monthly.holding_id;
