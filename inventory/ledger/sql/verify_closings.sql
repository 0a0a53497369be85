-- verify_closings: stored closings that are not the sum of what was dated before their month's end.
--   takes   depot_id or null
SELECT depot.code || ' ' || to_char(period.month_date, 'YYYY-MM') || ' ' || item.code || ' ' || lot.code,
    'Closed with ' || coalesce(balance.closing, 0) || ', the log says ' || coalesce(told.closing, 0)
FROM ledger_periodclose AS period
CROSS JOIN LATERAL (
    SELECT line.holding_id, sum(line.change) AS closing
    FROM ledger_movementline AS line
    WHERE line.depot_id = period.depot_id AND line.occurred_at < period.until_at
    GROUP BY line.holding_id
) AS told
FULL JOIN ledger_closingbalance AS balance
    ON balance.depot_id = period.depot_id AND balance.month_date = period.month_date
    AND balance.holding_id = told.holding_id
JOIN ledger_holding AS holding ON holding.id = coalesce(told.holding_id, balance.holding_id)
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE (%(depot_id)s::bigint IS NULL OR holding.depot_id = %(depot_id)s)
  AND coalesce(balance.closing, 0) <> coalesce(told.closing, 0)
ORDER BY 1;
