-- as_of: what there was at a past instant, in the shape and order of current.sql.
--   takes   what current.sql takes, `today` being the instant's day, and:
--           past: the first instant that no longer counts: movements dated before it are in (occurred_at < past);
--           believed: only what was recorded up to then is in, 'infinity' for everything;
--           known_at: the instant whose holds, expiry dates and allocations are applied
--   needs   function anchors; indexes holding_unique, line_pile_by_day, line_pile_by_position, consignment_by_item,
--           movement_on_consignment, item_words; to be planned with its values
--   gives   on_hand = allocated + disposal + expired + on_hold + reserve + available in every row
-- A depot's balances start at its nearest anchor (its head, a closed month on either side, or its first day: see
-- anchors) and only the lines between that and the instant are read, per pile, from an index.
WITH anchor AS MATERIALIZED (
    SELECT * FROM anchors(%(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz)
)
SELECT item.code AS item, depot.code AS depot, stock.on_hand, stock.allocated, stock.on_hold, stock.expired,
    stock.reserve, stock.disposal, stock.available, stock.in_transit_in, item.base_unit_id AS unit
FROM catalogue_item AS item
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
CROSS JOIN LATERAL (
    SELECT part.depot_id,
        sum(part.on_hand) AS on_hand,
        sum(part.allocated) AS allocated,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'on_hold'), 0) AS on_hold,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'expired'), 0) AS expired,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'reserve'), 0) AS reserve,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'disposal'), 0) AS disposal,
        coalesce(sum(part.on_hand - part.allocated) FILTER (WHERE part.deduction = 'available'), 0) AS available,
        sum(part.in_transit) AS in_transit_in
    FROM (
        SELECT pile.depot_id, pile.on_hand, 0 AS in_transit,
            least(coalesce(promised.quantity, 0), pile.on_hand) AS allocated,
            deduction_of(
                grade.awaits_disposal, lot_known.expires_date, lot_known.hold_reason, purpose.is_ring_fenced,
                %(today)s::date
            ) AS deduction
        FROM (
            SELECT holding.id, holding.depot_id, holding.lot_id, holding.grade, holding.purpose,
                coalesce(
                    CASE WHEN anchor.is_head THEN (
                        SELECT line.on_hand_after
                        FROM ledger_movementline AS line
                        WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id
                            AND line.position <= anchor.position
                        ORDER BY line.position DESC, line.line_no DESC
                        LIMIT 1
                    ) ELSE (
                        SELECT closing.closing
                        FROM ledger_closingbalance AS closing
                        WHERE closing.depot_id = holding.depot_id AND closing.month_date = anchor.month_date
                            AND closing.holding_id = holding.id
                    ) END, 0
                ) + anchor.direction * coalesce((
                    SELECT sum(line.change)
                    FROM ledger_movementline AS line
                    WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id
                        AND line.occurred_at >= anchor.tail_from AND line.occurred_at < anchor.tail_until
                        AND line.position <= anchor.position
                ), 0) AS on_hand
            FROM anchor
            JOIN ledger_holding AS holding ON holding.depot_id = anchor.depot_id
            WHERE holding.item_id = item.id
                AND (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
                AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
            OFFSET 0 -- keeps the balance worked out once per pile, though it is used more than once above
        ) AS pile
        JOIN catalogue_lot AS lot ON lot.id = pile.lot_id
        JOIN catalogue_qualitygrade AS grade ON grade.grade = pile.grade
        JOIN catalogue_reservepurpose AS purpose ON purpose.code = pile.purpose
        CROSS JOIN LATERAL (
            -- The lot as it was known then; a lot first written down later counts as not held, with its present expiry.
            SELECT history.expires_date, history.hold_reason, 1 AS preference, history.history_date, history.history_id
            FROM catalogue_historicallot AS history
            WHERE history.id = lot.id AND history.history_date <= %(known_at)s::timestamptz
            UNION ALL
            SELECT lot.expires_date, '', 2, NULL, NULL
            ORDER BY preference, history_date DESC, history_id DESC
            LIMIT 1
        ) AS lot_known
        LEFT JOIN LATERAL (
            SELECT sum(allocation.quantity) AS quantity
            FROM ledger_allocation AS allocation
            WHERE allocation.holding_id = pile.id
                AND allocation.allocated_at <= %(known_at)s::timestamptz
                AND (allocation.released_at IS NULL OR allocation.released_at > %(known_at)s::timestamptz)
        ) AS promised ON true
        WHERE pile.on_hand <> 0
            AND (
                %(last_day)s::date IS NULL OR lot_known.expires_date IS NULL
                OR lot_known.expires_date >= %(last_day)s::date
            )
            AND (%(until_day)s::date IS NULL OR lot_known.expires_date <= %(until_day)s::date)
        UNION ALL
        SELECT road.to_depot_id, 0, still.quantity, 0, ''
        FROM ledger_consignmentline AS road
        JOIN catalogue_lot AS lot ON lot.id = road.lot_id
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
        WHERE still.quantity > 0
            AND road.item_id = item.id
            AND road.to_depot_id = ANY(%(depots)s::bigint[])
            AND road.sent_at < %(past)s::timestamptz
            AND (%(grade)s::smallint IS NULL OR road.grade = %(grade)s::smallint)
            AND (%(purpose)s::text IS NULL OR road.purpose = %(purpose)s::text)
            AND (%(last_day)s::date IS NULL OR lot.expires_date IS NULL OR lot.expires_date >= %(last_day)s::date)
            AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
    ) AS part
    GROUP BY part.depot_id
    HAVING sum(part.on_hand) <> 0 OR sum(part.in_transit) <> 0
) AS stock
JOIN depots_depot AS depot ON depot.id = stock.depot_id
WHERE (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND item.code >= %(after_item)s::text
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
    AND (item.code, depot.code) > (%(after_item)s::text, %(after_depot)s::text)
ORDER BY item.code, depot.code
LIMIT %(page_size)s::integer;
