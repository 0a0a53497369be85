-- accuracy: what posted stocktakes came to, a row per month they were finalised in.
--   takes   depots: bigint[]; supply_class or null; first, last: timestamptz or null; zone
--   gives   lines = same + surplus + shortage in every row; values in đồng over the `priced` of the lines
-- A stocktake that was reversed is none.
SELECT date_trunc('month', stocktake.finalised_at AT TIME ZONE %(zone)s)::date AS month,
    count(DISTINCT stocktake.id) AS stocktakes, sum(outcome.lines) AS lines, sum(outcome.same) AS same,
    sum(outcome.surplus) AS surplus, sum(outcome.shortage) AS shortage, sum(outcome.left_out) AS left_out,
    sum(outcome.priced) AS priced, sum(outcome.book_value) AS book_value, sum(outcome.surplus_value) AS surplus_value,
    sum(outcome.shortage_value) AS shortage_value
FROM stocktakes_stocktake AS stocktake
JOIN stocktakes_outcome AS outcome ON outcome.stocktake_id = stocktake.id
WHERE stocktake.depot_id = ANY(%(depots)s::bigint[])
    AND (%(supply_class)s::text IS NULL OR outcome.supply_class = %(supply_class)s::text)
    AND (%(first)s::timestamptz IS NULL OR stocktake.finalised_at >= %(first)s::timestamptz)
    AND (%(last)s::timestamptz IS NULL OR stocktake.finalised_at < %(last)s::timestamptz)
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_movement AS reversal
        WHERE reversal.depot_id = stocktake.depot_id AND reversal.reverses = stocktake.position
    )
GROUP BY month
ORDER BY month;
