-- device_catalogue: what a clerk's browser needs to know of one depot, as one JSON document.
--   takes   depot_id; since (an instant, or NULL for everything); classes (text[], or NULL for every branch); today
--   needs   codes that never change, recording in a depot never to go back in time; indexes movement_recorded, line_pile_by_position
--   holds   items: those the depot ever held and those on the road to it, unlabelled; lots: of those items, in stock
--           here or on the road to here. With `since`, what changed or came at or after it, and under `removed` what
--           is to be forgotten; what left the road for elsewhere is forgotten only when everything is asked for
WITH this AS (
    SELECT depot.id, depot.is_exercise FROM depots_depot AS depot WHERE depot.id = %(depot_id)s
), kept_item AS (
    SELECT item.id, item.code, item.name, item.name_en, item.specification, item.old_names, item.external_code,
        item.base_unit_id, item.tracking, item.fuel_group, item.gtin, item.nsn, item.shelf_life_days, item.is_active,
        item.updated_at
    FROM catalogue_item AS item
    JOIN catalogue_itemgroup AS class ON class.id = item.group_id
    WHERE item.classification = 0
        AND (%(classes)s::text[] IS NULL OR class.supply_class_id = ANY(%(classes)s::text[]))
        AND item.id IN (
            SELECT holding.item_id FROM ledger_holding AS holding WHERE holding.depot_id = %(depot_id)s
            UNION
            SELECT road.item_id
            FROM ledger_consignmentline AS road
            WHERE road.to_depot_id = %(depot_id)s AND road.in_transit > 0
        )
), on_the_road AS (
    SELECT road.item_id, road.lot_id, max(movement.recorded_at) AS recorded_at
    FROM ledger_consignmentline AS road
    JOIN ledger_movement AS movement ON movement.depot_id = road.depot_id AND movement.position = road.position
    WHERE road.to_depot_id = %(depot_id)s AND road.in_transit > 0
    GROUP BY road.item_id, road.lot_id
), fresh AS (
    SELECT min(movement.position) AS position
    FROM ledger_movement AS movement
    WHERE movement.depot_id = %(depot_id)s AND movement.recorded_at >= %(since)s::timestamptz
), moved AS (
    SELECT DISTINCT holding.item_id, holding.lot_id
    FROM fresh
    JOIN ledger_movementline AS line ON line.depot_id = %(depot_id)s AND line.position >= fresh.position
    JOIN ledger_holding AS holding ON holding.id = line.holding_id
), come AS (
    -- moved for the first time: nothing of it was in the log before
    SELECT DISTINCT moved.item_id
    FROM moved, fresh
    WHERE NOT EXISTS (
        SELECT 1
        FROM ledger_holding AS holding
        JOIN ledger_movementline AS line ON line.depot_id = holding.depot_id AND line.holding_id = holding.id
        WHERE holding.depot_id = %(depot_id)s AND holding.item_id = moved.item_id AND line.position < fresh.position
    )
), shown_item AS (
    SELECT kept_item.*
    FROM kept_item
    WHERE %(since)s::timestamptz IS NULL
        OR kept_item.updated_at >= %(since)s::timestamptz
        OR kept_item.id IN (SELECT come.item_id FROM come)
        OR kept_item.id IN (SELECT road.item_id FROM on_the_road AS road WHERE road.recorded_at >= %(since)s::timestamptz)
        OR kept_item.id IN (
            SELECT past.item_id FROM catalogue_historicalpackaging AS past WHERE past.history_date >= %(since)s::timestamptz
        )
), kept_lot AS (
    SELECT lot.id, kept_item.code AS item, lot.code, lot.expires_date, lot.hold_reason, lot.updated_at
    FROM catalogue_lot AS lot
    JOIN kept_item ON kept_item.id = lot.item_id
    WHERE lot.id IN (
        SELECT holding.lot_id
        FROM ledger_holding AS holding
        WHERE holding.depot_id = %(depot_id)s AND holding.is_stocked
        UNION
        SELECT road.lot_id FROM on_the_road AS road
    )
), shown_lot AS (
    SELECT kept_lot.*
    FROM kept_lot
    WHERE %(since)s::timestamptz IS NULL
        OR kept_lot.updated_at >= %(since)s::timestamptz
        OR kept_lot.id IN (SELECT moved.lot_id FROM moved)
        OR kept_lot.id IN (SELECT road.lot_id FROM on_the_road AS road WHERE road.recorded_at >= %(since)s::timestamptz)
), changed_bin AS (
    SELECT DISTINCT past.id
    FROM depots_historicalbin AS past
    WHERE past.depot_id = %(depot_id)s AND past.history_date >= %(since)s::timestamptz
), target AS (
    SELECT depot.code, depot.name, depot.updated_at, depot.opened_date,
        depot.opened_date <= %(today)s
            AND (depot.closed_date IS NULL OR depot.closed_date > %(today)s)
            AND depot.is_exercise = this.is_exercise AS is_open,
        depot.updated_at >= %(since)s::timestamptz
            OR depot.opened_date BETWEEN (%(since)s::timestamptz)::date AND %(today)s
            OR depot.closed_date BETWEEN (%(since)s::timestamptz)::date AND %(today)s AS is_fresh
    FROM depots_depot AS depot, this
    WHERE depot.id <> this.id
)
SELECT json_build_object(
    'items', coalesce((
        SELECT json_agg(json_build_object(
            'code', shown_item.code,
            'name', shown_item.name,
            'name_en', shown_item.name_en,
            'specification', shown_item.specification,
            'old_names', shown_item.old_names,
            'external_code', shown_item.external_code,
            'unit', shown_item.base_unit_id,
            'scale', unit.scale,
            'tracking', shown_item.tracking,
            'fuel_group', shown_item.fuel_group,
            'gtin', shown_item.gtin,
            'nsn', shown_item.nsn,
            'shelf_life_days', shown_item.shelf_life_days,
            'is_active', shown_item.is_active,
            'packagings', coalesce((
                SELECT json_agg(json_build_object(
                    'unit', packaging.unit_id,
                    'factor', trim_scale(packaging.factor)::text,
                    'gtin', packaging.gtin,
                    'valid_from', packaging.valid_from,
                    'valid_to', packaging.valid_to
                ) ORDER BY packaging.unit_id, packaging.valid_from, packaging.id)
                FROM catalogue_packaging AS packaging
                WHERE packaging.item_id = shown_item.id
            ), '[]'::json)
        ) ORDER BY shown_item.code)
        FROM shown_item
        JOIN catalogue_unit AS unit ON unit.code = shown_item.base_unit_id
    ), '[]'::json),
    'lots', coalesce((
        SELECT json_agg(json_build_object(
            'item', shown_lot.item,
            'code', shown_lot.code,
            'expires_on', shown_lot.expires_date,
            'is_held', shown_lot.hold_reason <> '',
            'id', shown_lot.id
        ) ORDER BY shown_lot.item, shown_lot.code)
        FROM shown_lot
    ), '[]'::json),
    'bins', coalesce((
        SELECT json_agg(json_build_object(
            'code', bin.code,
            'name', bin.name,
            'kind', bin.kind,
            'is_default', bin.is_default,
            'is_active', bin.is_active
        ) ORDER BY bin.code)
        FROM depots_bin AS bin
        WHERE bin.depot_id = %(depot_id)s
            AND (%(since)s::timestamptz IS NULL OR bin.id IN (SELECT changed_bin.id FROM changed_bin))
    ), '[]'::json),
    'depots', coalesce((
        SELECT json_agg(json_build_object('code', target.code, 'name', target.name) ORDER BY target.code)
        FROM target
        WHERE target.is_open AND (%(since)s::timestamptz IS NULL OR target.is_fresh)
    ), '[]'::json),
    'units', (
        SELECT json_agg(json_build_object(
            'code', unit.code, 'name', unit.name, 'name_en', unit.name_en, 'scale', unit.scale
        ) ORDER BY unit.code)
        FROM catalogue_unit AS unit
    ),
    'grades', (
        SELECT json_agg(json_build_object(
            'grade', grade.grade, 'name', grade.name, 'name_en', grade.name_en,
            'awaits_disposal', grade.awaits_disposal
        ) ORDER BY grade.grade)
        FROM catalogue_qualitygrade AS grade
    ),
    'purposes', (
        SELECT json_agg(json_build_object(
            'code', purpose.code, 'name', purpose.name, 'name_en', purpose.name_en,
            'is_ring_fenced', purpose.is_ring_fenced
        ) ORDER BY purpose.code)
        FROM catalogue_reservepurpose AS purpose
    ),
    'removed', json_build_object(
        'items', coalesce((
            SELECT json_agg(item.code ORDER BY item.code)
            FROM catalogue_item AS item
            WHERE item.updated_at >= %(since)s::timestamptz
                AND item.id IN (
                    SELECT holding.item_id FROM ledger_holding AS holding WHERE holding.depot_id = %(depot_id)s
                )
                AND item.id NOT IN (SELECT kept_item.id FROM kept_item)
        ), '[]'::json),
        'lots', coalesce((
            SELECT json_agg(json_build_object('item', item.code, 'code', lot.code) ORDER BY item.code, lot.code)
            FROM moved
            JOIN catalogue_lot AS lot ON lot.id = moved.lot_id
            JOIN catalogue_item AS item ON item.id = lot.item_id
            WHERE lot.id NOT IN (SELECT kept_lot.id FROM kept_lot)
        ), '[]'::json),
        'bins', coalesce((
            SELECT json_agg(gone.code ORDER BY gone.code)
            FROM (
                SELECT past.code
                FROM depots_historicalbin AS past
                WHERE past.id IN (SELECT changed_bin.id FROM changed_bin)
                EXCEPT
                SELECT bin.code FROM depots_bin AS bin WHERE bin.depot_id = %(depot_id)s
            ) AS gone
        ), '[]'::json),
        'depots', coalesce((
            SELECT json_agg(target.code ORDER BY target.code)
            FROM target
            WHERE NOT target.is_open AND target.is_fresh
        ), '[]'::json)
    )
);
