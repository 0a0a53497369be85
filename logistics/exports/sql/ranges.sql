-- ranges: what a run carries of each depot's log: the positions (from_position, to_position], and both ends' hashes.
--   takes   full (true: every range starts at 0)
--   needs   the run's snapshot: heads and rows must be of one instant
--   holds   a range starts where the newest accepted run ended; a depot it did not know starts at 0; one that is for
--           training is not there
WITH accepted AS (
    SELECT id
    FROM exports_exportrun
    WHERE state = 'accepted'
    ORDER BY created_at DESC, id DESC
    LIMIT 1
), frozen AS (
    SELECT
        depot.id,
        depot.code,
        CASE WHEN %(full)s THEN 0 ELSE coalesce(watermark.to_position, 0) END AS from_position,
        coalesce(log.position, 0) AS to_position,
        log.hash AS head_hash
    FROM depots_depot AS depot
    LEFT JOIN ledger_depotlog AS log ON log.depot_id = depot.id
    LEFT JOIN exports_runrange AS watermark
        ON watermark.depot_id = depot.id AND watermark.run_id = (SELECT id FROM accepted)
    WHERE NOT depot.is_exercise
)
SELECT
    frozen.id,
    frozen.code,
    frozen.from_position,
    frozen.to_position,
    encode(movement.hash, 'hex') AS from_hash,
    CASE WHEN frozen.to_position > 0 THEN encode(frozen.head_hash, 'hex') END AS head_hash
FROM frozen
LEFT JOIN ledger_movement AS movement
    ON movement.depot_id = frozen.id AND movement.position = frozen.from_position
ORDER BY frozen.code
