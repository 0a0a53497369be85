-- verify_exercises: piles and consignments that join what counts with what is only for training.
--   takes   depot_id (of a consignment the sender) or null
-- With that, and conservation movement by movement (verify_conservation), each of the two conserves stock by itself.
SELECT depot.code || ' ' || item.code || ' lot ' || lot.code,
    CASE WHEN lot.is_exercise THEN 'A real depot holds a lot made up for training' ELSE 'An exercise depot holds a real lot' END
FROM ledger_holding AS holding
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id AND lot.is_exercise <> depot.is_exercise
JOIN catalogue_item AS item ON item.id = holding.item_id
WHERE %(depot_id)s::bigint IS NULL OR holding.depot_id = %(depot_id)s
UNION ALL
SELECT sender.code || '/' || line.position || ' line ' || line.line_no,
    'Sent to ' || receiver.code || ', and only one of the two depots is for training'
FROM ledger_consignmentline AS line
JOIN depots_depot AS sender ON sender.id = line.depot_id
JOIN depots_depot AS receiver ON receiver.id = line.to_depot_id AND receiver.is_exercise <> sender.is_exercise
WHERE %(depot_id)s::bigint IS NULL OR line.depot_id = %(depot_id)s
ORDER BY 1;
