-- nearest: the depots that have some of an item available, nearest to a point first.
--   takes   item: code; lon, lat: WGS 84 degrees; radius_m: metres or NULL for no limit; depots: bigint[] the asker may
--           see; coarse, coarse_lons, coarse_lats: which of them the asker sees at another point than the store has,
--           and where, or coarse NULL; last_day, today: as in current.sql; page_size
--   needs   the GiST index on depots_depot.coordinates; function piles_now; planned with its values
--   gives   the deductions of current.sql beside what is available, distance_km on the WGS 84 ellipsoid
-- Without `coarse` the shown point is the column itself once the planner has folded the CASE, so that its index serves.
-- The index walks outwards on a sphere, whose distances are off by up to half a hundredth; the rows found are then put in order of
-- the true distance that is shown.
WITH near AS MATERIALIZED (
    SELECT depot.code, depot.name, depot.coordinates, stock.*, item.base_unit_id AS unit
    FROM (
        SELECT place.id, place.code, place.name,
            CASE
                WHEN %(coarse)s::bigint[] IS NULL THEN place.coordinates
                ELSE coalesce(
                    (
                        SELECT ST_SetSRID(ST_MakePoint(spot.lon, spot.lat), 4326)::geography
                        FROM unnest(%(coarse)s::bigint[], %(coarse_lons)s::float8[], %(coarse_lats)s::float8[])
                            AS spot (depot, lon, lat)
                        WHERE spot.depot = place.id
                    ),
                    place.coordinates
                )
            END AS coordinates
        FROM depots_depot AS place
    ) AS depot
    JOIN catalogue_item AS item ON item.code = %(item)s::text
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(part.on_hand), 0) AS on_hand,
            coalesce(sum(part.allocated), 0) AS allocated,
            coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'on_hold'), 0) AS on_hold,
            coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'expired'), 0) AS expired,
            coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'reserve'), 0) AS reserve,
            coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'disposal'), 0) AS disposal,
            coalesce(sum(part.rest) FILTER (WHERE part.deduction = 'available'), 0) AS available
        FROM (
            SELECT pile.on_hand, pile.allocated, pile.on_hand - pile.allocated AS rest, pile.deduction
            FROM piles_now(
                item.id, ARRAY[depot.id], NULL::smallint, NULL::text, %(last_day)s::date, NULL::date, %(today)s::date
            ) AS pile
        ) AS part
    ) AS stock
    WHERE depot.id = ANY(%(depots)s::bigint[])
        AND (
            %(radius_m)s::float8 IS NULL
            OR ST_DWithin(
                depot.coordinates, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography, %(radius_m)s::float8
            )
        )
        AND stock.available > 0
    ORDER BY depot.coordinates <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography
    LIMIT %(page_size)s::integer
)
SELECT near.code, near.name, near.on_hand, near.allocated, near.on_hold, near.expired, near.reserve, near.disposal,
    near.available, near.unit, ST_X(near.coordinates::geometry) AS lon, ST_Y(near.coordinates::geometry) AS lat,
    ST_Distance(near.coordinates, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography) / 1000 AS distance_km
FROM near
ORDER BY distance_km, near.code;
