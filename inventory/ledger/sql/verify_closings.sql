-- verify_closings: stored closings that are not the sum of what was dated before their month's end, or of another item.
--   takes   depot_id or null
-- Each line is read once: what moved is added up by the month it belongs to and carried on from there, for as long as
-- anything is left.
WITH closed AS (
    SELECT close.depot_id, array_agg(close.until_at ORDER BY close.until_at) AS ends,
        array_agg(close.month_date ORDER BY close.until_at) AS months
    FROM ledger_periodclose AS close
    GROUP BY close.depot_id
), moved AS (
    SELECT line.depot_id, line.holding_id,
        closed.months[width_bucket(line.occurred_at, closed.ends) + 1] AS month_date,
        sum(line.change) AS change
    FROM ledger_movementline AS line
    JOIN closed ON closed.depot_id = line.depot_id
    WHERE (%(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s)
        AND line.occurred_at < closed.ends[array_upper(closed.ends, 1)]
    GROUP BY line.depot_id, line.holding_id, month_date
), life AS (
    SELECT moved.depot_id, moved.holding_id, min(moved.month_date) AS first_date,
        CASE WHEN sum(moved.change) <> 0 THEN 'infinity' ELSE max(moved.month_date) END AS last_date
    FROM moved
    GROUP BY moved.depot_id, moved.holding_id
), told AS (
    SELECT life.depot_id, life.holding_id, period.month_date,
        sum(coalesce(moved.change, 0)) OVER (PARTITION BY life.holding_id ORDER BY period.month_date) AS closing
    FROM life
    JOIN ledger_periodclose AS period
        ON period.depot_id = life.depot_id AND period.month_date BETWEEN life.first_date AND life.last_date
    LEFT JOIN moved ON moved.holding_id = life.holding_id AND moved.month_date = period.month_date
), stored AS (
    SELECT * FROM ledger_closingbalance AS balance
    WHERE %(depot_id)s::bigint IS NULL OR balance.depot_id = %(depot_id)s
)
SELECT depot.code || ' ' || to_char(month_date, 'YYYY-MM') || ' ' || item.code || ' ' || lot.code,
    CASE
        WHEN stored.item_id <> holding.item_id THEN 'Closed as a pile of another item'
        ELSE 'Closed with ' || coalesce(stored.closing, 0) || ', the log says ' || coalesce(told.closing, 0)
    END
FROM told
FULL JOIN stored USING (depot_id, month_date, holding_id)
JOIN ledger_holding AS holding ON holding.id = holding_id
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE coalesce(stored.closing, 0) <> coalesce(told.closing, 0) OR stored.item_id <> holding.item_id
ORDER BY 1;
