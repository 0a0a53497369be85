-- piles: the holdings a set of drafts may touch: everything in stock of their items, and the named lots even at zero.
--   takes   depot_ids, item_ids: bigint[] side by side; lots: text[] (codes named anywhere in the drafts)
--   needs   the depots' logs locked, so that on_hand is what the last movement left
SELECT holding.id, holding.depot_id, holding.bin_id, holding.item_id, holding.lot_id, holding.grade, holding.purpose,
    holding.on_hand, holding.allocated, holding.last_occurred_at,
    bin.code, lot.code, lot.expires_date, lot.hold_reason <> ''
FROM unnest(%(depot_ids)s::bigint[], %(item_ids)s::bigint[]) AS asked (depot_id, item_id)
JOIN ledger_holding AS holding ON holding.depot_id = asked.depot_id AND holding.item_id = asked.item_id
JOIN depots_bin AS bin ON bin.id = holding.bin_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
WHERE holding.is_stocked OR lot.code = ANY(%(lots)s);
