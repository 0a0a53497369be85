-- measure_leads: how long consignments took from one depot to another, from leaving to their first receipt.
--   takes   since: only what left from then on
--   needs   index movement_on_consignment; foresight_measuredlead emptied
--   gives   nothing; a receipt that was taken back again does not count, nor what was sent and taken back whole
INSERT INTO foresight_measuredlead (to_depot_id, from_depot_id, consignments, mean_days, most_days)
SELECT trip.to_depot_id, trip.depot_id, count(*),
    round(avg(trip.days), 1), round((percentile_disc(0.9) WITHIN GROUP (ORDER BY trip.days)), 1)
FROM (
    SELECT sent.depot_id, sent.to_depot_id,
        extract(epoch FROM arrival.occurred_at - sent.sent_at)::numeric / 86400 AS days
    FROM (
        SELECT road.depot_id, road.position, road.to_depot_id, min(road.sent_at) AS sent_at
        FROM ledger_consignmentline AS road
        WHERE road.sent > 0 AND road.sent_at >= %(since)s
        GROUP BY road.depot_id, road.position, road.to_depot_id
    ) AS sent
    CROSS JOIN LATERAL (
        SELECT min(movement.occurred_at) AS occurred_at
        FROM ledger_movement AS movement
        WHERE movement.consignment_depot_id = sent.depot_id
            AND movement.consignment_position = sent.position
            AND movement.kind = 'transfer_in'
            AND NOT EXISTS (
                SELECT 1
                FROM ledger_movement AS undone
                WHERE undone.depot_id = movement.depot_id AND undone.reverses = movement.position
            )
    ) AS arrival
    WHERE arrival.occurred_at IS NOT NULL
) AS trip
GROUP BY trip.to_depot_id, trip.depot_id;
