-- gather: what lies where of some items, a row per depot, item, lot, grade and purpose, and how far from a point.
--   takes   items: text[] of codes; depots: bigint[] to look into; lons, lats: float8[], where each is for the asker;
--           lon, lat: the destination, WGS 84 degrees; destination: the depot that is supplied, or NULL; today: date
--   needs   index holding_stocked; to be planned with its values
--   gives   the deduction of current.sql per row; distance_m on the WGS 84 ellipsoid; within a depot and item the order
--           in which lots leave it: first expired, first out
WITH place AS MATERIALIZED (
    SELECT spot.depot_id, depot.code,
        CASE WHEN spot.depot_id = %(destination)s::bigint THEN 0 ELSE round(ST_Distance(
            ST_SetSRID(ST_MakePoint(spot.lon, spot.lat), 4326)::geography,
            ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography
        ))::bigint END AS distance_m
    FROM unnest(%(depots)s::bigint[], %(lons)s::float8[], %(lats)s::float8[]) AS spot (depot_id, lon, lat)
    JOIN depots_depot AS depot ON depot.id = spot.depot_id
)
SELECT item.code AS item, place.code AS depot, lot.code AS lot, lot.expires_date, holding.grade, holding.purpose,
    sum(holding.on_hand) AS on_hand, sum(holding.allocated) AS allocated,
    deduction_of(
        grade.awaits_disposal, lot.expires_date, lot.hold_reason, purpose.is_ring_fenced, %(today)s::date
    ) AS deduction,
    place.distance_m, coalesce(place.depot_id = %(destination)s::bigint, false) AS is_at_destination
FROM catalogue_item AS item
JOIN ledger_holding AS holding ON holding.item_id = item.id AND holding.is_stocked
JOIN place ON place.depot_id = holding.depot_id
JOIN catalogue_lot AS lot ON lot.id = holding.lot_id
JOIN catalogue_qualitygrade AS grade ON grade.grade = holding.grade
JOIN catalogue_reservepurpose AS purpose ON purpose.code = holding.purpose
WHERE item.code = ANY(%(items)s::text[])
GROUP BY item.code, place.depot_id, place.code, place.distance_m, lot.id, holding.grade, holding.purpose,
    grade.awaits_disposal, purpose.is_ring_fenced
ORDER BY item.code, place.distance_m, place.code, lot.expires_date NULLS LAST, lot.id, holding.purpose, holding.grade;
