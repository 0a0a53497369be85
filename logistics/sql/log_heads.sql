-- log_heads: the head of every depot's log, and whether the log really ends in it.
--   takes   nothing; looks at the end of each log only, `verify_ledger` looks at all of it
SELECT depot.code AS depot, log.position, encode(log.hash, 'hex') AS hash,
    (log.position = 0 OR coalesce(last.hash = log.hash, false))
    AND NOT EXISTS (
        SELECT 1 FROM ledger_movement AS beyond
        WHERE beyond.depot_id = log.depot_id AND beyond.position > log.position
    ) AS is_sound
FROM ledger_depotlog AS log
JOIN depots_depot AS depot ON depot.id = log.depot_id
LEFT JOIN ledger_movement AS last ON last.depot_id = log.depot_id AND last.position = log.position
ORDER BY depot.code;
