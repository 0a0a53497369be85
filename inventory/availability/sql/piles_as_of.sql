-- piles_as_of: what there was at a past instant, one row per pile, in the shape and order of piles.sql.
--   takes   what as_of.sql takes, but for the page; page_size
--   needs   what as_of.sql needs
--   gives   piles that had something on hand then
WITH anchor AS MATERIALIZED (
    SELECT * FROM anchors(%(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz)
)
SELECT pile.id AS holding, item.code AS item, depot.code AS depot, bin.code AS bin, lot.code AS lot,
    lot_known.expires_date, lot_known.hold_reason, pile.grade, pile.purpose, pile.on_hand,
    least(coalesce(promised.quantity, 0), pile.on_hand) AS allocated,
    deduction_of(
        grade.awaits_disposal, lot_known.expires_date, lot_known.hold_reason, purpose.is_ring_fenced,
        %(today)s::date
    ) AS deduction,
    item.base_unit_id AS unit
FROM catalogue_item AS item
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
CROSS JOIN LATERAL (
    SELECT holding.id, holding.depot_id, holding.bin_id, holding.lot_id, holding.grade, holding.purpose,
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
JOIN depots_depot AS depot ON depot.id = pile.depot_id
JOIN depots_bin AS bin ON bin.id = pile.bin_id
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
    AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
ORDER BY item.code, depot.code, lot_known.expires_date NULLS LAST, lot.code, bin.code, pile.grade, pile.purpose
LIMIT %(page_size)s::integer;
