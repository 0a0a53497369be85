-- distances: how far some points are from one, in km along the WGS 84 ellipsoid.
--   takes   lon, lat: degrees; depots: bigint[]; lons, lats: float8[], the points in the order of the depots
--   needs   nothing: the points are given, because a reader may see a coarser one than the store has
SELECT spot.depot,
    ST_Distance(
        ST_SetSRID(ST_MakePoint(spot.lon, spot.lat), 4326)::geography,
        ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography
    ) / 1000 AS distance_km
FROM unnest(%(depots)s::bigint[], %(lons)s::float8[], %(lats)s::float8[]) AS spot (depot, lon, lat);
