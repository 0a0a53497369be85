-- consignments: every line of every transfer, also those received long ago, of items that are not labelled.
--   holds   nothing between depots for training; none passes between them and the others
SELECT
    sender.code AS depot,
    line.position,
    line.line_no,
    receiver.code AS to_depot,
    item.code AS item,
    lot.code AS lot,
    line.grade::int AS grade,
    line.purpose,
    line.sent_at,
    (line.sent * 1000)::bigint AS sent,
    (line.received * 1000)::bigint AS received,
    (line.settled * 1000)::bigint AS settled,
    (line.in_transit * 1000)::bigint AS in_transit
FROM ledger_consignmentline AS line
JOIN depots_depot AS sender ON sender.id = line.depot_id
JOIN depots_depot AS receiver ON receiver.id = line.to_depot_id
JOIN catalogue_item AS item ON item.id = line.item_id
JOIN catalogue_lot AS lot ON lot.id = line.lot_id
WHERE item.classification = 0 AND NOT sender.is_exercise
ORDER BY sender.code, line.position, line.line_no
