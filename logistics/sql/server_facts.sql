-- server_facts: what the database server is and how it sorts Vietnamese.
--   takes   words: text[] to sort
SELECT current_setting('server_version') AS postgresql,
    (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS encoding,
    (SELECT json_object_agg(extname, extversion) FROM pg_extension) AS extensions,
    (
        SELECT collversion IS NOT DISTINCT FROM pg_collation_actual_version(oid)
        FROM pg_collation
        WHERE collname = 'vi-VN-x-icu'
    ) AS is_collation_current,
    (SELECT array_agg(word ORDER BY word COLLATE "vi-VN-x-icu") FROM unnest(%(words)s::text[]) AS word) AS sorted,
    clock_timestamp() AS now;
