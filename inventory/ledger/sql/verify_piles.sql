-- verify_piles: piles whose balance is not the sum of their lines, or whose last day is not their last line's.
--   takes   depot_id or null
WITH summed AS (
    SELECT line.holding_id, sum(line.change) AS change, max(line.occurred_at) AS last_occurred_at
    FROM ledger_movementline AS line
    WHERE %(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s
    GROUP BY line.holding_id
)
SELECT depot.code || ' ' || bin.code || ' ' || item.code || ' ' || lot.code || ' grade ' || holding.grade || ' '
        || holding.purpose,
    'On hand is ' || holding.on_hand || ', the log says ' || coalesce(summed.change, 0)
        || CASE WHEN holding.last_occurred_at <> summed.last_occurred_at
            THEN '; last moved ' || holding.last_occurred_at || ', the log says ' || summed.last_occurred_at
            ELSE '' END
FROM ledger_holding AS holding
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN catalogue_item AS item ON item.id = holding.item_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
LEFT JOIN summed ON summed.holding_id = holding.id
WHERE (%(depot_id)s::bigint IS NULL OR holding.depot_id = %(depot_id)s)
  AND (holding.on_hand <> coalesce(summed.change, 0)
       OR holding.last_occurred_at <> summed.last_occurred_at)
ORDER BY 1;
