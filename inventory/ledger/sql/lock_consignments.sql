-- lock_consignments: lock what is on the road, in one fixed order, after the logs.
--   takes   depot_codes: text[], positions: bigint[] side by side (the senders' movements)
--   holds   until commit nobody else receives, settles or takes back these lines
-- bin_id is that of the pile the goods left first: a settled loss is written against it.
SELECT depot.code, line.depot_id, line.position, line.line_no, line.to_depot_id, item.code, lot.code, line.grade,
    line.purpose, line.lot_id, line.sent_at, line.sent, line.received, line.settled, line.item_id,
    (SELECT holding.bin_id
     FROM ledger_movementline AS sent_line
     JOIN ledger_holding AS holding ON holding.id = sent_line.holding_id
     WHERE sent_line.depot_id = line.depot_id AND sent_line.position = line.position
       AND sent_line.consignment_line = line.line_no
     ORDER BY sent_line.line_no LIMIT 1),
    lot.expires_date, lot.hold_reason <> ''
FROM unnest(%(depot_codes)s::text[], %(positions)s::bigint[]) AS asked (depot_code, position)
JOIN depots_depot AS depot ON depot.code = asked.depot_code
JOIN ledger_consignmentline AS line ON line.depot_id = depot.id AND line.position = asked.position
JOIN catalogue_item AS item ON item.id = line.item_id
JOIN catalogue_lot AS lot ON lot.id = line.lot_id
ORDER BY line.depot_id, line.position, line.line_no
FOR UPDATE OF line;
