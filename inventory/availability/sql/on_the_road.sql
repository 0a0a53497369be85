-- on_the_road: what of an item was on its way to the depots asked about, a row per consignment line, the oldest first.
--   takes   what as_of.sql takes, but for the page: past and believed, both 'infinity' for now; page_size
--   needs   indexes consignment_by_item, movement_on_consignment; to be planned with its values
--   gives   the quantity still on the road then: sent less received and settled by then
SELECT sender.code AS sender, sender.name AS sender_name, road.position, receiver.code AS depot,
    receiver.name AS depot_name, sent.number, sent.order_number, road.sent_at, lot.code AS lot, road.grade, road.purpose,
    still.quantity
FROM catalogue_item AS item
JOIN ledger_consignmentline AS road ON road.item_id = item.id
JOIN catalogue_lot AS lot ON lot.id = road.lot_id
JOIN depots_depot AS sender ON sender.id = road.depot_id
JOIN depots_depot AS receiver ON receiver.id = road.to_depot_id
JOIN ledger_movement AS sent ON sent.depot_id = road.depot_id AND sent.position = road.position
CROSS JOIN LATERAL (
    SELECT sum(line.transit_change) AS quantity
    FROM (
        SELECT road.depot_id, road.position
        UNION ALL
        SELECT later.depot_id, later.position
        FROM ledger_movement AS later
        WHERE later.consignment_depot_id = road.depot_id AND later.consignment_position = road.position
    ) AS step
    JOIN ledger_movement AS movement ON movement.depot_id = step.depot_id AND movement.position = step.position
    JOIN ledger_movementline AS line ON line.depot_id = step.depot_id AND line.position = step.position
    WHERE line.consignment_line = road.line_no
        AND movement.occurred_at < %(past)s::timestamptz
        AND movement.recorded_at <= %(believed)s::timestamptz
) AS still
WHERE item.code = %(item)s::text
    AND still.quantity > 0
    AND (%(past)s::timestamptz <> 'infinity' OR road.in_transit > 0)
    AND road.to_depot_id = ANY(%(depots)s::bigint[])
    AND road.sent_at < %(past)s::timestamptz
    AND (%(grade)s::smallint IS NULL OR road.grade = %(grade)s::smallint)
    AND (%(purpose)s::text IS NULL OR road.purpose = %(purpose)s::text)
    AND (%(last_day)s::date IS NULL OR lot.expires_date IS NULL OR lot.expires_date >= %(last_day)s::date)
    AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
ORDER BY road.sent_at, sender.code, road.position, road.line_no
LIMIT %(page_size)s::integer;
