-- progress: how many lines of some sheets there are, and how many were counted in their round.
--   takes   stocktakes: uuid[]
SELECT line.stocktake_id, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT 1
    FROM stocktakes_count AS counted
    WHERE counted.line_id = line.id AND counted.round = (
        SELECT coalesce(max(recount.round), 1) FROM stocktakes_recount AS recount WHERE recount.line_id = line.id)
))
FROM stocktakes_sheetline AS line
WHERE line.stocktake_id = ANY(%(stocktakes)s::uuid[])
GROUP BY line.stocktake_id;
