-- close_period: store what every pile of a depot opened, took in, gave out and closed with over one month.
--   takes   depot_id, month_date, start_at, until_at, position, by, at
--   needs   the depot's log locked; the month before closed, or none ever
--   holds   a pile without a row was empty all month; the first month closed opens with everything dated before it
WITH period AS (
    INSERT INTO ledger_periodclose (depot_id, month_date, until_at, position, closed_at, closed_by_id)
    VALUES (%(depot_id)s, %(month_date)s, %(until_at)s, %(position)s, %(at)s, %(by)s)
), head AS (
    UPDATE ledger_depotlog SET closed_until = %(until_at)s WHERE depot_id = %(depot_id)s RETURNING depot_id
), before AS (
    SELECT max(month_date) AS month_date FROM ledger_periodclose
    WHERE depot_id = %(depot_id)s AND month_date < %(month_date)s
), carried AS (
    SELECT balance.holding_id, balance.closing AS opening
    FROM ledger_closingbalance AS balance
    JOIN before ON before.month_date = balance.month_date
    WHERE balance.depot_id = %(depot_id)s AND balance.closing <> 0
    UNION ALL
    SELECT line.holding_id, sum(line.change)
    FROM ledger_movementline AS line
    JOIN before ON before.month_date IS NULL
    WHERE line.depot_id = %(depot_id)s AND line.occurred_at < %(start_at)s
    GROUP BY line.holding_id
    HAVING sum(line.change) <> 0
), moved AS (
    SELECT line.holding_id,
        coalesce(sum(line.change) FILTER (WHERE line.change > 0), 0) AS inward,
        coalesce(-sum(line.change) FILTER (WHERE line.change < 0), 0) AS outward
    FROM ledger_movementline AS line
    WHERE line.depot_id = %(depot_id)s AND line.occurred_at >= %(start_at)s AND line.occurred_at < %(until_at)s
    GROUP BY line.holding_id
), stored AS (
    INSERT INTO ledger_closingbalance (depot_id, month_date, holding_id, item_id, opening, inward, outward, closing)
    SELECT %(depot_id)s, %(month_date)s, holding.id, holding.item_id,
        coalesce(opening, 0), coalesce(inward, 0), coalesce(outward, 0),
        coalesce(opening, 0) + coalesce(inward, 0) - coalesce(outward, 0)
    FROM carried
    FULL JOIN moved USING (holding_id)
    JOIN ledger_holding AS holding ON holding.id = holding_id
    RETURNING holding_id
)
SELECT count(*) FROM stored;
