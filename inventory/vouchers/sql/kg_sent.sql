-- kg_sent: what the lines of consignments of liquid fuel weighed when they left, by their readings.
--   takes   depot_ids, positions: bigint[] side by side (the senders' movements)
SELECT line.depot_id, line.position, line.consignment_line, -sum(fuel.kg_change) AS kg
FROM unnest(%(depot_ids)s::bigint[], %(positions)s::bigint[]) AS asked (depot_id, position)
JOIN ledger_movementline AS line ON line.depot_id = asked.depot_id AND line.position = asked.position
JOIN ledger_fuelreading AS fuel
    ON fuel.depot_id = line.depot_id AND fuel.position = line.position AND fuel.line_no = line.line_no
WHERE line.consignment_line IS NOT NULL
GROUP BY line.depot_id, line.position, line.consignment_line;
