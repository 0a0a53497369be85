-- held_by: who holds what of an item in a depot: the open allocations.
--   takes   depot_id, item_id
SELECT allocation.reference, allocation.document, person.login,
    coalesce(nullif(trim(concat_ws(' ', nullif(person.rank, ''), nullif(person.full_name, ''))), ''), person.login),
    lot.code, sum(allocation.quantity)
FROM ledger_allocation AS allocation
JOIN ledger_holding AS holding ON holding.id = allocation.holding_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN accounts_user AS person ON person.id = allocation.allocated_by_id
WHERE allocation.depot_id = %(depot_id)s AND holding.item_id = %(item_id)s AND allocation.released_at IS NULL
GROUP BY allocation.reference, allocation.document, person.login, person.rank, person.full_name, lot.code
ORDER BY allocation.reference, lot.code;
