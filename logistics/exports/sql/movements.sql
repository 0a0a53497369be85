-- movements: one depot's movements of (from_position, to_position], in order, by business codes.
--   takes   depot, from_position, to_position
-- The other depots' codes are looked up row by row: transfers are few, and a join would make PostgreSQL sort again.
SELECT
    movement.position,
    movement.kind,
    movement.number,
    movement.occurred_at,
    movement.recorded_at,
    movement.actor,
    movement.key,
    movement.counterparty,
    movement.order_number,
    movement.order_date,
    movement.reason,
    CASE
        WHEN movement.to_depot_id IS NULL THEN ''
        ELSE (SELECT depot.code FROM depots_depot AS depot WHERE depot.id = movement.to_depot_id)
    END AS to_depot,
    CASE
        WHEN movement.consignment_depot_id IS NULL THEN ''
        ELSE (SELECT depot.code FROM depots_depot AS depot WHERE depot.id = movement.consignment_depot_id)
            || '/' || movement.consignment_position
    END AS consignment,
    movement.reverses,
    encode(movement.previous_hash, 'hex') AS previous_hash,
    encode(movement.hash, 'hex') AS hash
FROM ledger_movement AS movement
WHERE movement.depot_id = %(depot)s
    AND movement.position > %(from_position)s
    AND movement.position <= %(to_position)s
ORDER BY movement.position
