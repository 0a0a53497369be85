-- resolve: everything the reference data says about a set of business codes, as one JSON document.
--   takes   depots, bins, items, purposes: text[]
--   holds   unknown codes are simply absent; the bins are those of these codes in any of the depots, and each depot's
--           default, marked so
SELECT json_build_object(
    'depots', (
        SELECT json_object_agg(
            depot.code,
            json_build_array(
                depot.id, depot.opened_date, depot.closed_date, log.depot_id IS NOT NULL, depot.is_exercise))
        FROM depots_depot AS depot
        LEFT JOIN ledger_depotlog AS log ON log.depot_id = depot.id
        WHERE depot.code = ANY(%(depots)s)
    ),
    'bins', (
        SELECT json_agg(json_build_array(depot.code, bin.code, bin.id, bin.is_default, bin.is_active))
        FROM depots_bin AS bin
        JOIN depots_depot AS depot ON depot.id = bin.depot_id
        WHERE depot.code = ANY(%(depots)s)
          AND (bin.is_default OR bin.code = ANY(%(bins)s))
    ),
    'items', (
        SELECT json_object_agg(
            item.code,
            json_build_array(item.id, item.tracking, item.base_unit_id, unit.scale, item.is_active, item.classification))
        FROM catalogue_item AS item
        JOIN catalogue_unit AS unit ON unit.code = item.base_unit_id
        WHERE item.code = ANY(%(items)s)
    ),
    'packagings', (
        SELECT json_agg(json_build_array(
            item.code, packaging.unit_id, packaging.factor::text, packaging.valid_from, packaging.valid_to))
        FROM catalogue_packaging AS packaging
        JOIN catalogue_item AS item ON item.id = packaging.item_id
        WHERE item.code = ANY(%(items)s)
    ),
    'purposes', (
        SELECT json_agg(purpose.code) FROM catalogue_reservepurpose AS purpose WHERE purpose.code = ANY(%(purposes)s)
    ),
    'grades', (
        SELECT json_object_agg(grade.grade, grade.awaits_disposal) FROM catalogue_qualitygrade AS grade
    )
);
