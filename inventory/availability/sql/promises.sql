-- promises: who holds what is allocated of the goods a question is about, open at an instant; the oldest promise first.
--   takes   what current.sql takes, but for the page; known_at: the instant, 'infinity' for now; page_size
--   needs   index holding_stocked for now; to be planned with its values
--   gives   a row per promise and pile
SELECT allocation.reference, depot.code AS depot, depot.name AS depot_name, lot.code AS lot, bin.code AS bin,
    holding.grade, holding.purpose, allocation.quantity, allocation.allocated_at, person.login AS allocated_by
FROM catalogue_item AS item
JOIN ledger_holding AS holding ON holding.item_id = item.id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN depots_depot AS depot ON depot.id = holding.depot_id
JOIN ledger_allocation AS allocation ON allocation.holding_id = holding.id
JOIN accounts_user AS person ON person.id = allocation.allocated_by_id
WHERE item.code = %(item)s::text
    AND holding.depot_id = ANY(%(depots)s::bigint[])
    AND (%(grade)s::smallint IS NULL OR holding.grade = %(grade)s::smallint)
    AND (%(purpose)s::text IS NULL OR holding.purpose = %(purpose)s::text)
    AND (%(last_day)s::date IS NULL OR lot.expires_date IS NULL OR lot.expires_date >= %(last_day)s::date)
    AND (%(until_day)s::date IS NULL OR lot.expires_date <= %(until_day)s::date)
    AND allocation.allocated_at <= %(known_at)s::timestamptz
    AND (allocation.released_at IS NULL OR allocation.released_at > %(known_at)s::timestamptz)
ORDER BY allocation.allocated_at, allocation.id
LIMIT %(page_size)s::integer;
