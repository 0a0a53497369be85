-- sheet: the lines of a stocktake, each with the pile it means, its round, and the decision made last.
--   takes   stocktake_id
--   gives   holding_id null: no such pile was ever kept; booked_book, booked_change: what the posting wrote
SELECT line.id, line.number, bin.code AS bin, item.code AS item, item.name, item.name_en, item.specification,
    item.gtin, item.tracking, item.fuel_group, item_group.supply_class_id AS supply_class, unit.code AS unit, unit.name AS unit_name,
    unit.name_en AS unit_name_en, unit.scale, line.lot, coalesce(line.expires_date, lot.expires_date) AS expires_date,
    line.grade, line.purpose, line.is_expected, line.added_at, lot.id AS lot_id, holding.id AS holding_id,
    coalesce(again.round, 1) AS round, coalesce(again.reason, '') AS recount_reason, again.asked_at AS recount_at,
    decision.action, decision.cause_id AS cause, cause.name AS cause_name, cause.name_en AS cause_name_en,
    decision.note, decision.difference AS decided_difference, decision.decided_at, decider.login AS decided_by,
    booked.scheduled_quantity AS booked_book, booked.change AS booked_change
FROM stocktakes_sheetline AS line
JOIN stocktakes_stocktake AS stocktake ON stocktake.id = line.stocktake_id
JOIN depots_depot AS depot ON depot.id = stocktake.depot_id
JOIN depots_bin AS bin ON bin.id = line.bin_id
JOIN catalogue_item AS item ON item.id = line.item_id
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
LEFT JOIN catalogue_lot AS lot
    ON lot.item_id = line.item_id AND lot.code = line.lot AND lot.is_exercise = depot.is_exercise
LEFT JOIN ledger_holding AS holding
    ON holding.depot_id = stocktake.depot_id AND holding.item_id = line.item_id AND holding.lot_id = lot.id
    AND holding.bin_id = line.bin_id AND holding.grade = line.grade AND holding.purpose = line.purpose
LEFT JOIN ledger_movementline AS booked
    ON booked.depot_id = stocktake.depot_id AND booked.position = stocktake.position AND booked.holding_id = holding.id
LEFT JOIN LATERAL (
    SELECT recount.round, recount.reason, recount.asked_at
    FROM stocktakes_recount AS recount
    WHERE recount.line_id = line.id
    ORDER BY recount.round DESC
    LIMIT 1
) AS again ON true
LEFT JOIN LATERAL (
    SELECT made.*
    FROM stocktakes_decision AS made
    WHERE made.line_id = line.id
    ORDER BY made.id DESC
    LIMIT 1
) AS decision ON true
LEFT JOIN stocktakes_cause AS cause ON cause.code = decision.cause_id
LEFT JOIN accounts_user AS decider ON decider.id = decision.decided_by_id
WHERE line.stocktake_id = %(stocktake_id)s::uuid
ORDER BY line.number;
