-- road_lots: the codes of the lots that consignments carry.
--   takes   depot_codes: text[], positions: bigint[] side by side (the senders' movements)
SELECT DISTINCT lot.code
FROM unnest(%(depot_codes)s::text[], %(positions)s::bigint[]) AS asked (depot_code, position)
JOIN depots_depot AS depot ON depot.code = asked.depot_code
JOIN ledger_consignmentline AS line ON line.depot_id = depot.id AND line.position = asked.position
JOIN catalogue_lot AS lot ON lot.id = line.lot_id;
