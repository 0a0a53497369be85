-- state: everything drafts are weighed against, as one JSON document: what the reference data says about their codes,
-- earlier movements, named lots, piles, voucher series.
--   takes   depots: text[] (all that are named, one that is posted to first); bins: text[]; keyed_depots, keys: text[]
--           side by side (each draft's idempotency key); piled_depots, piled_items: text[] side by side; lot_items,
--           lot_codes: text[] side by side; lots: text[] (codes named anywhere in the drafts)
--   needs   the depots' logs locked by a statement before this one, so that on_hand is what the last movement left
--   holds   unknown codes are simply absent; the bins are those of these codes in any of the depots, and each depot's
--           default, marked so; lots are of the first depot's world (training or real)
-- The piles are everything in stock of the items, and the named lots even at zero. Amounts are text: JSON's are floats.
WITH depot AS MATERIALIZED (
    SELECT depot.id, depot.code, depot.opened_date, depot.closed_date, depot.is_exercise
    FROM depots_depot AS depot
    WHERE depot.code = ANY(%(depots)s::text[])
)
SELECT json_build_object(
    'depots', (
        SELECT json_object_agg(code, json_build_array(id, opened_date, closed_date, is_exercise)) FROM depot
    ),
    'bins', (
        SELECT json_agg(json_build_array(depot.code, bin.code, bin.id, bin.is_default, bin.is_active))
        FROM depot
        JOIN depots_bin AS bin ON bin.depot_id = depot.id
        WHERE bin.is_default OR bin.code = ANY(%(bins)s::text[])
    ),
    'items', (
        SELECT json_object_agg(
            item.code,
            json_build_array(
                item.id, item.tracking, item.base_unit_id, unit.scale, item.is_active, item.classification, (
                    SELECT json_agg(json_build_array(
                        packaging.unit_id, packaging.factor::text, packaging.valid_from, packaging.valid_to))
                    FROM catalogue_packaging AS packaging
                    WHERE packaging.item_id = item.id
                ), item.fuel_group))
        FROM catalogue_item AS item
        JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
        WHERE item.code = ANY(%(piled_items)s::text[])
    ),
    'purposes', (SELECT json_agg(purpose.code) FROM catalogue_reservepurpose AS purpose),
    'grades', (SELECT json_object_agg(grade.grade, grade.awaits_disposal) FROM catalogue_qualitygrade AS grade),
    'earlier', (
        SELECT json_agg(json_build_array(
            movement.depot_id, movement.key, movement.position, encode(movement.request_digest, 'hex')))
        FROM unnest(%(keyed_depots)s::text[], %(keys)s::text[]) AS asked (depot, key)
        JOIN depot ON depot.code = asked.depot
        JOIN ledger_movement AS movement ON movement.depot_id = depot.id AND movement.key = asked.key
    ),
    'lots', (
        SELECT json_agg(json_build_array(lot.item_id, lot.code, lot.id, lot.expires_date, lot.hold_reason <> ''))
        FROM unnest(%(lot_items)s::text[], %(lot_codes)s::text[]) AS asked (item, code)
        JOIN catalogue_item AS item ON item.code = asked.item
        JOIN catalogue_lot AS lot ON lot.item_id = item.id AND lot.code = asked.code AND lot.is_exercise = (
            SELECT depot.is_exercise FROM depot WHERE depot.code = (%(depots)s::text[])[1])
    ),
    'piles', (
        SELECT json_agg(json_build_array(
            holding.id, holding.depot_id, holding.bin_id, holding.item_id, holding.lot_id, holding.grade,
            holding.purpose, holding.on_hand::text, holding.allocated::text, holding.last_occurred_at,
            bin.code, lot.code, lot.expires_date, lot.hold_reason <> ''))
        FROM unnest(%(piled_depots)s::text[], %(piled_items)s::text[]) AS asked (depot, item)
        JOIN depot ON depot.code = asked.depot
        JOIN catalogue_item AS item ON item.code = asked.item
        JOIN ledger_holding AS holding ON holding.depot_id = depot.id AND holding.item_id = item.id
        JOIN depots_bin AS bin ON bin.id = holding.bin_id
        JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
        WHERE holding.is_stocked OR lot.code = ANY(%(lots)s::text[])
    ),
    'series', (
        SELECT json_agg(json_build_array(series.depot_id, series.series, series.year, series.last_number))
        FROM depot
        JOIN ledger_voucherseries AS series ON series.depot_id = depot.id
    )
);
