-- bins: every place inside every depot but those for training.
SELECT depot.code AS depot, bin.code, bin.name, bin.kind, bin.is_default, bin.is_active
FROM depots_bin AS bin
JOIN depots_depot AS depot ON depot.id = bin.depot_id
WHERE NOT depot.is_exercise
ORDER BY depot.code, bin.code
