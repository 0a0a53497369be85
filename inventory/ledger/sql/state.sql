-- state: what drafts are weighed against, as one JSON document: earlier movements, named lots, piles, voucher series.
--   takes   keyed_depots: bigint[], keys: text[] side by side (each draft's idempotency key); lot_items: bigint[],
--           lot_codes: text[] side by side; depot_ids, item_ids: bigint[] side by side; lots: text[] (codes named
--           anywhere in the drafts); log_ids: bigint[]; is_exercise: whether these logs are for training
--   needs   the depots' logs locked by a statement before this one, so that on_hand is what the last movement left
-- The piles are everything in stock of the items, and the named lots even at zero. Amounts are text: JSON's are floats.
SELECT json_build_object(
    'earlier', (
        SELECT json_agg(json_build_array(
            movement.depot_id, movement.key, movement.position, encode(movement.request_digest, 'hex')))
        FROM unnest(%(keyed_depots)s::bigint[], %(keys)s::text[]) AS asked (depot_id, key)
        JOIN ledger_movement AS movement ON movement.depot_id = asked.depot_id AND movement.key = asked.key
    ),
    'lots', (
        SELECT json_agg(json_build_array(lot.item_id, lot.code, lot.id, lot.expires_date, lot.hold_reason <> ''))
        FROM unnest(%(lot_items)s::bigint[], %(lot_codes)s::text[]) AS asked (item_id, code)
        JOIN catalogue_lot AS lot
            ON lot.item_id = asked.item_id AND lot.code = asked.code AND lot.is_exercise = %(is_exercise)s
    ),
    'piles', (
        SELECT json_agg(json_build_array(
            holding.id, holding.depot_id, holding.bin_id, holding.item_id, holding.lot_id, holding.grade,
            holding.purpose, holding.on_hand::text, holding.allocated::text, holding.last_occurred_at,
            bin.code, lot.code, lot.expires_date, lot.hold_reason <> ''))
        FROM unnest(%(depot_ids)s::bigint[], %(item_ids)s::bigint[]) AS asked (depot_id, item_id)
        JOIN ledger_holding AS holding ON holding.depot_id = asked.depot_id AND holding.item_id = asked.item_id
        JOIN depots_bin AS bin ON bin.id = holding.bin_id
        JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
        WHERE holding.is_stocked OR lot.code = ANY(%(lots)s)
    ),
    'series', (
        SELECT json_agg(json_build_array(depot_id, series, year, last_number))
        FROM ledger_voucherseries
        WHERE depot_id = ANY(%(log_ids)s)
    )
);
