-- serials: how many pieces of a serial number stand in the whole store and on the road (0 or 1).
--   takes   lot_ids: bigint[]
--   holds   the lots stay locked until commit, so that two depots cannot receive one piece at once
WITH locked AS (
    SELECT lot.id FROM catalogue_lot AS lot WHERE lot.id = ANY(%(lot_ids)s) ORDER BY lot.id FOR UPDATE
)
SELECT locked.id,
    coalesce((SELECT sum(holding.on_hand) FROM ledger_holding AS holding WHERE holding.lot_id = locked.id), 0)
    + coalesce((SELECT sum(line.in_transit) FROM ledger_consignmentline AS line
                JOIN catalogue_lot AS lot ON lot.id = locked.id
                WHERE line.item_id = lot.item_id AND line.lot_id = locked.id AND line.in_transit <> 0), 0)
FROM locked;
