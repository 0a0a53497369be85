-- turnover: nhập – xuất – tồn of some depots between two instants, per item (and depot): opening, in, out, changed,
-- closing, and the closing by quality grade.
--   takes   what question.params gives (depots, item, items, class, group, words, longest, grade, purpose), and:
--           from_at, until_at: from <= occurred_at < until; believed: only what was recorded up to then is in,
--           'infinity' for everything; by_depot: one row per item and depot, else per item; with_prices; zone: the name
--           of the store's time zone; page_size
--   needs   functions anchors and balances_at; indexes movement_inner, movement_occurred, line_priced; to be planned
--           with its values
--   gives   closing = opening + inward - outward + changed_in - changed_out in every row; price: the last one known
--           before until_at, per item (and depot), NULL where none is
-- In and out of whole closed months come from the closings, of other days from the movements of those days. Both count
-- moves inside a depot by their signs, so these are taken off again: a relocation leaves no trace, a change of grade or
-- purpose stands in columns of its own. What takes such a move back counts as it does.
WITH last_known AS MATERIALIZED (
    SELECT scope.depot_id, head.position
    FROM unnest(%(depots)s::bigint[]) AS scope (depot_id)
    CROSS JOIN LATERAL (
        SELECT movement.position
        FROM ledger_movement AS movement
        WHERE movement.depot_id = scope.depot_id AND movement.recorded_at <= %(believed)s::timestamptz
        ORDER BY movement.recorded_at DESC, movement.position DESC
        LIMIT 1
    ) AS head
), month AS MATERIALIZED (
    SELECT close.depot_id, close.month_date, close.month_date::timestamp AT TIME ZONE %(zone)s AS from_at, close.until_at
    FROM ledger_periodclose AS close
    JOIN last_known ON last_known.depot_id = close.depot_id AND close.position <= last_known.position
    WHERE close.month_date::timestamp AT TIME ZONE %(zone)s >= %(from_at)s::timestamptz
        AND close.until_at <= %(until_at)s::timestamptz
), whole AS MATERIALIZED (
    SELECT month.depot_id, min(month.from_at) AS from_at, max(month.until_at) AS until_at
    FROM month
    GROUP BY month.depot_id
), flow AS (
    SELECT balance.holding_id, balance.on_hand AS opening, 0 AS inward, 0 AS outward, 0 AS changed_in, 0 AS changed_out
    FROM balances_at(%(depots)s::bigint[], %(from_at)s::timestamptz, %(believed)s::timestamptz) AS balance
    UNION ALL
    SELECT balance.holding_id, 0, balance.inward, balance.outward, 0, 0
    FROM month
    JOIN ledger_closingbalance AS balance
        ON balance.depot_id = month.depot_id AND balance.month_date = month.month_date
    WHERE balance.inward <> 0 OR balance.outward <> 0
    UNION ALL
    SELECT line.holding_id, 0, greatest(line.change, 0), greatest(-line.change, 0), 0, 0
    FROM last_known
    LEFT JOIN whole ON whole.depot_id = last_known.depot_id
    CROSS JOIN LATERAL (
        VALUES (%(from_at)s::timestamptz, coalesce(whole.from_at, %(until_at)s::timestamptz)),
            (whole.until_at, %(until_at)s::timestamptz)
    ) AS stretch (from_at, until_at)
    JOIN ledger_movement AS movement ON movement.depot_id = last_known.depot_id
        AND movement.occurred_at >= stretch.from_at AND movement.occurred_at < stretch.until_at
        AND movement.position <= last_known.position
    JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
    UNION ALL
    SELECT line.holding_id, 0, -greatest(line.change, 0), -greatest(-line.change, 0),
        CASE WHEN coalesce(undone.kind, movement.kind) = 'relocation' THEN 0 ELSE greatest(line.change, 0) END,
        CASE WHEN coalesce(undone.kind, movement.kind) = 'relocation' THEN 0 ELSE greatest(-line.change, 0) END
    FROM last_known
    JOIN ledger_movement AS movement ON movement.depot_id = last_known.depot_id
        AND movement.occurred_at >= %(from_at)s::timestamptz AND movement.occurred_at < %(until_at)s::timestamptz
        AND movement.position <= last_known.position
        AND movement.kind IN ('relocation', 'regrade', 'repurpose', 'reversal')
    LEFT JOIN ledger_movement AS undone
        ON undone.depot_id = movement.depot_id AND undone.position = movement.reverses
    JOIN ledger_movementline AS line ON line.depot_id = movement.depot_id AND line.position = movement.position
    WHERE coalesce(undone.kind, movement.kind) IN ('relocation', 'regrade', 'repurpose')
), pile AS (
    SELECT flow.holding_id, sum(flow.opening) AS opening, sum(flow.inward) AS inward, sum(flow.outward) AS outward,
        sum(flow.changed_in) AS changed_in, sum(flow.changed_out) AS changed_out
    FROM flow
    GROUP BY flow.holding_id
), total AS (
    SELECT holding.item_id, CASE WHEN %(by_depot)s THEN holding.depot_id END AS depot_id,
        sum(pile.opening) AS opening, sum(pile.inward) AS inward, sum(pile.outward) AS outward,
        sum(pile.changed_in) AS changed_in, sum(pile.changed_out) AS changed_out,
        sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out) AS closing,
        coalesce(sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out)
            FILTER (WHERE holding.grade = 1), 0) AS grade_1,
        coalesce(sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out)
            FILTER (WHERE holding.grade = 2), 0) AS grade_2,
        coalesce(sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out)
            FILTER (WHERE holding.grade = 3), 0) AS grade_3,
        coalesce(sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out)
            FILTER (WHERE holding.grade = 4), 0) AS grade_4,
        coalesce(sum(pile.opening + pile.inward - pile.outward + pile.changed_in - pile.changed_out)
            FILTER (WHERE holding.grade = 5), 0) AS grade_5
    FROM pile
    JOIN ledger_holding AS holding ON holding.id = pile.holding_id
    WHERE (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
        AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
    GROUP BY holding.item_id, CASE WHEN %(by_depot)s THEN holding.depot_id END
)
SELECT item.code AS item, item.name, item.name_en, item.specification, unit.name AS unit, unit.name_en AS unit_en,
    supply_class.code AS class, supply_class.name AS class_name, supply_class.name_en AS class_name_en,
    depot.code AS depot, depot.name AS depot_name,
    total.opening, total.inward, total.outward, total.changed_in, total.changed_out, total.closing,
    total.grade_1, total.grade_2, total.grade_3, total.grade_4, total.grade_5, price.unit_price AS price
FROM total
JOIN catalogue_item AS item ON item.id = total.item_id
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN catalogue_supplyclass AS supply_class ON supply_class.code = item_group.supply_class_id
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
LEFT JOIN depots_depot AS depot ON depot.id = total.depot_id
LEFT JOIN LATERAL (
    SELECT priced.unit_price
    FROM ledger_holding AS holding
    CROSS JOIN LATERAL (
        SELECT line.unit_price, line.occurred_at, line.position
        FROM ledger_movementline AS line
        WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id AND line.unit_price IS NOT NULL
            AND line.occurred_at < %(until_at)s::timestamptz
        ORDER BY line.occurred_at DESC
        LIMIT 1
    ) AS priced
    WHERE holding.item_id = total.item_id
        AND holding.depot_id = ANY(%(depots)s::bigint[])
        AND (total.depot_id IS NULL OR holding.depot_id = total.depot_id)
    ORDER BY priced.occurred_at DESC, holding.depot_id, priced.position DESC
    LIMIT 1
) AS price ON %(with_prices)s
WHERE (total.opening <> 0 OR total.inward <> 0 OR total.outward <> 0 OR total.changed_in <> 0 OR total.closing <> 0)
    AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(items)s::text[] IS NULL OR item.code = ANY(%(items)s::text[]))
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
ORDER BY supply_class.code, item.code, depot.code
LIMIT %(page_size)s::integer;
