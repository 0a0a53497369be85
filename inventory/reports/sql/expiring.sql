-- expiring: lots that expire by a day, with what each depot has of them at an instant, the first to expire first.
--   takes   what question.params gives, and: past, believed: the instant, see balances_at; known_at: whose expiry and
--           holds; until: date, lots whose last day of use is later stay out; today: the instant's day; page_size
--   needs   function balances_at
WITH stock AS (
    SELECT balance.depot_id, holding.lot_id, holding.item_id, sum(balance.on_hand) AS on_hand
    FROM balances_at(%(depots)s::bigint[], %(past)s::timestamptz, %(believed)s::timestamptz) AS balance
    JOIN ledger_holding AS holding ON holding.id = balance.holding_id
    WHERE (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
        AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
    GROUP BY balance.depot_id, holding.lot_id, holding.item_id
)
SELECT item.code AS item, item.name, item.name_en, unit.name AS unit, unit.name_en AS unit_en, depot.code AS depot,
    depot.name AS depot_name, lot.code AS lot, known.expires_date AS expires, known.hold_reason AS hold, stock.on_hand
FROM stock
JOIN catalogue_lot AS lot ON lot.id = stock.lot_id
CROSS JOIN LATERAL (
    -- As it was known then; a lot first written down later counts as not held, with its present expiry.
    SELECT history.expires_date, history.hold_reason, 1 AS preference, history.history_date, history.history_id
    FROM catalogue_historicallot AS history
    WHERE history.id = lot.id AND history.history_date <= %(known_at)s::timestamptz
    UNION ALL
    SELECT lot.expires_date, '', 2, NULL, NULL
    ORDER BY preference, history_date DESC, history_id DESC
    LIMIT 1
) AS known
JOIN catalogue_item AS item ON item.id = stock.item_id
JOIN catalogue_itemgroup AS item_group ON item_group.id = item.group_id
JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
JOIN depots_depot AS depot ON depot.id = stock.depot_id
WHERE stock.on_hand <> 0
    AND known.expires_date <= %(until)s::date
    AND (%(item)s::text IS NULL OR item.code = %(item)s::text)
    AND (%(class)s::text IS NULL OR item_group.supply_class_id = %(class)s::text)
    AND (%(group)s::text IS NULL OR item_group.supply_class_id || '-' || item_group.number = %(group)s::text)
    AND (%(longest)s::text IS NULL OR item.words LIKE %(longest)s::text)
    AND (%(words)s::text[] IS NULL OR item.words LIKE ALL(%(words)s::text[]))
ORDER BY known.expires_date, item.code, depot.code, lot.code
LIMIT %(page_size)s::integer;
