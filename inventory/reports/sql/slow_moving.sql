-- slow_moving: what depots hold of items of which nothing left for some time, the longest unused first.
--   takes   what question.params gives, and: past, believed: the instant, see balances_at; idle_from: nothing of the
--           item was issued, sent or disposed of between it and the instant, and it was there already; page_size
--   needs   function balances_at; indexes holding_unique, line_pile_by_day, line_priced
--   gives   last_out: NULL where nothing ever left; since: the first movement of the item in the depot
-- Only items that some are left of are looked into, each from its youngest line backwards.
WITH stock AS MATERIALIZED (
    SELECT balance.depot_id, holding.item_id, sum(balance.on_hand) AS on_hand
    FROM balances_at(%(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz) AS balance
    JOIN ledger_holding AS holding ON holding.id = balance.holding_id
    WHERE (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
        AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
    GROUP BY balance.depot_id, holding.item_id
    HAVING sum(balance.on_hand) > 0
)
SELECT item.code AS item, item.name, item.name_en, unit.name AS unit, unit.name_en AS unit_en, depot.code AS depot,
    depot.name AS depot_name, stock.on_hand, moved.last_out, moved.since, price.unit_price AS price
FROM stock
JOIN catalogue_item AS item ON item.id = stock.item_id
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
JOIN depots_depot AS depot ON depot.id = stock.depot_id
CROSS JOIN LATERAL (
    SELECT max(last.occurred_at) AS last_out, min(first.occurred_at) AS since
    FROM ledger_holding AS holding
    LEFT JOIN LATERAL (
        SELECT line.occurred_at
        FROM ledger_movementline AS line
        JOIN ledger_movement AS movement ON movement.depot_id = line.depot_id AND movement.position = line.position
        WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id AND line.change < 0
            AND line.occurred_at < %(past)s::timestamptz
            AND movement.recorded_at <= %(believed)s::timestamptz
            AND movement.kind IN ('issue', 'transfer_out', 'disposal')
        ORDER BY line.occurred_at DESC
        LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT line.occurred_at
        FROM ledger_movementline AS line
        WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id
        ORDER BY line.occurred_at
        LIMIT 1
    ) AS first ON true
    WHERE holding.depot_id = stock.depot_id AND holding.item_id = stock.item_id
) AS moved
LEFT JOIN LATERAL (
    SELECT priced.unit_price
    FROM ledger_holding AS holding
    CROSS JOIN LATERAL (
        SELECT line.unit_price, line.occurred_at, line.position
        FROM ledger_movementline AS line
        WHERE line.depot_id = holding.depot_id AND line.holding_id = holding.id AND line.unit_price IS NOT NULL
            AND line.occurred_at < %(past)s::timestamptz
        ORDER BY line.occurred_at DESC
        LIMIT 1
    ) AS priced
    WHERE holding.depot_id = stock.depot_id AND holding.item_id = stock.item_id
    ORDER BY priced.occurred_at DESC, priced.position DESC
    LIMIT 1
) AS price ON true
WHERE coalesce(moved.last_out, moved.since) < %(idle_from)s::timestamptz
    AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
ORDER BY coalesce(moved.last_out, moved.since), item.code, depot.code
LIMIT %(page_size)s::integer;
